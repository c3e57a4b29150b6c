#pragma once

#include "tests/support/wire.hpp"

#include <doctest/doctest.h>

#include <algorithm>

/// A link without sockets, and everything that it wants done.
namespace probe {

using net::Link;
using net::MonoTime;

inline const MonoTime start{std::chrono::hours{1}};
inline constexpr std::chrono::seconds farewell_time{16}; ///< quiet is 500 ms, first rest 8 s, last call 10 s

/// A link, and everything it wants done.
struct Probe {
    explicit Probe(std::shared_ptr<net::LinkSettings> some_settings = wire::link_settings())
        : settings(std::move(some_settings)), link(settings, {start, good::noon})
    {
        link.opened({now, good::noon});
        collect();
    }

    void at(std::chrono::milliseconds since_start) { now = start + since_start; }

    void receive(const wire::Bytes& bytes)
    {
        const auto space = link.space();
        REQUIRE(space.size() >= bytes.size());
        std::copy(bytes.begin(), bytes.end(), space.begin());
        link.received(bytes.size(), {now, good::noon});
        collect();
    }
    void receive(const codec::Message& message) { receive(wire::frame(message)); }
    void tick()
    {
        link.tick({now, good::noon});
        collect();
    }
    /// The ledger approves the n-th request that was asked of it.
    void approve(std::size_t n)
    {
        authz::Answer answer{authz::Reason::approved, "00", "A1B2C3", {}};
        if (asked.at(n).request.operation == authz::Operation::fault_reversal)
            answer = {authz::Reason::accepted, "00", "", {}};
        link.decided(asked.at(n).slot, answer, now);
        collect();
    }
    void refuse(std::size_t n)
    {
        link.decided(asked.at(n).slot, {authz::Reason::insufficient_funds, "51", "", {}}, now);
        collect();
    }

    void drain(std::chrono::milliseconds time = farewell_time)
    {
        link.drain({now, good::noon}, net::Farewell::within(now, time));
        collect();
    }

    void collect()
    {
        bool has_looked = false;
        for (;;) {
            auto action = link.next();
            if (auto* wait = std::get_if<Link::Wait>(&action)) {
                if (!std::exchange(has_looked, true)) {
                    link.end_if_at_rest({now, good::noon}, unread);
                    continue;
                }
                deadline = wait->deadline;
                return;
            }
            if (auto* reply = std::get_if<Link::Reply>(&action)) replies.push_back(std::move(*reply));
            if (auto* authorize = std::get_if<Link::Authorize>(&action))
                asked.push_back(
                    {authorize->ticket->slot, authorize->ticket->request, authorize->ticket->deadlines});
            if (auto* expire = std::get_if<Link::Expire>(&action)) expired.push_back(expire->ticket->slot);
            if (auto* give_up = std::get_if<Link::GiveUp>(&action)) given_up.push_back(give_up->ticket->slot);
            if (auto* close = std::get_if<Link::Close>(&action)) closed = close->reason;
            if (auto* change = std::get_if<Link::Changed>(&action)) changes.push_back(*change);
            if (auto* keep = std::get_if<Link::Keep>(&action)) {
                keeps.push_back(*keep);
                if (disk == Disk::writes) finish_writing();
            }
            if (auto* note = std::get_if<Link::Note>(&action)) {
                events.emplace_back(note->event);
                details.push_back(note->detail);
            }
        }
    }

    /// The oldest of what is to be written and is not.
    void finish_writing()
    {
        const Link::Keep keep = std::move(keeps.front());
        keeps.erase(keeps.begin());
        link.kept(keep, net::keep(keep.keys));
    }

    codec::Message reply(std::size_t n) const
    {
        return wire::unframe(replies.at(n).frame, *settings->dialect);
    }
    std::string code(std::size_t n) const { return std::string(reply(n).get(39)); }
    bool saw(std::string_view event) const { return std::ranges::count(events, event) > 0; }

    std::shared_ptr<net::LinkSettings> settings;
    Link link;
    MonoTime now = start;
    MonoTime deadline;
    struct Asked {
        std::uint64_t slot = 0;
        authz::Request request;
        net::Deadlines deadlines;
    };
    net::Traffic unread = net::Traffic::none; ///< in the kernel
    enum class Disk : std::uint8_t { writes, waits } disk = Disk::writes;
    std::vector<Link::Keep> keeps; ///< not written yet
    std::vector<Link::Reply> replies;
    std::vector<Asked> asked;
    std::vector<std::uint64_t> expired;
    std::vector<std::uint64_t> given_up;
    std::vector<std::string> events;
    std::vector<std::string> details; ///< of the events
    std::vector<Link::Changed> changes;
    std::optional<net::CloseReason> closed;
};

} // namespace probe
