#pragma once

#include "tests/support/memory_ledger.hpp"
#include "tests/support/wire.hpp"

#include <algorithm>
#include <string>
#include <vector>

/// One link with the books behind it, without sockets and threads: bytes in, answers out.
class Flow {
public:
    explicit Flow(std::shared_ptr<const net::LinkSettings> settings, MemoryLedger& ledger)
        : settings_(std::move(settings)), ledger_(ledger), link_(settings_, now())
    {
        link_.opened(now());
    }

    /// Sends bytes and returns the frames that came back.
    std::vector<wire::Bytes> send(std::span<const std::uint8_t> bytes)
    {
        replies_.clear();
        while (!bytes.empty() && !closed_) {
            const auto space = link_.space();
            const auto part = std::min(space.size(), bytes.size());
            std::copy_n(bytes.begin(), part, space.begin());
            bytes = bytes.subspan(part);
            link_.received(part, now());
            obey();
        }
        return replies_;
    }

    /// Sends one message and returns the one answer; an empty one (0000) when there is not exactly one.
    codec::Message ask(const codec::Message& request)
    {
        const auto replies = send(wire::frame(request, *settings_->dialect));
        return replies.size() == 1 ? wire::unframe(replies[0], *settings_->dialect) : codec::Message{};
    }
    /// DE39 of the answer.
    std::string code_of(const codec::Message& request) { return std::string(ask(request).get(39)); }

    [[nodiscard]] std::optional<net::CloseReason> closed() const { return closed_; }
    [[nodiscard]] std::vector<std::string> events() const { return events_; }
    [[nodiscard]] bool saw(std::string_view event) const { return std::ranges::count(events_, event) > 0; }
    net::Link& link() { return link_; }

    net::Now now() const { return {mono, wall}; }
    net::MonoTime mono{std::chrono::hours{1}};
    authz::Time wall = good::noon;

private:
    void obey()
    {
        for (;;) {
            auto action = link_.next();
            if (std::holds_alternative<net::Link::Wait>(action)) return;
            if (auto* reply = std::get_if<net::Link::Reply>(&action)) replies_.push_back(reply->frame);
            if (auto* note = std::get_if<net::Link::Note>(&action)) events_.emplace_back(note->event);
            if (auto* close = std::get_if<net::Link::Close>(&action)) closed_ = close->reason;
            if (auto* authorize = std::get_if<net::Link::Authorize>(&action)) {
                OpenGate gate;
                const net::Ticket& ticket = *authorize->ticket;
                const auto result = ledger_.serve(std::span(&ticket.request, 1), wall, gate);
                link_.decided(ticket.slot, result.outcomes.at(0).answer, mono);
            }
        }
    }

    std::shared_ptr<const net::LinkSettings> settings_;
    MemoryLedger& ledger_;
    net::Link link_;
    std::vector<wire::Bytes> replies_;
    std::vector<std::string> events_;
    std::optional<net::CloseReason> closed_;
};
