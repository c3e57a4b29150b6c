#pragma once

#include "net/ledger_queue.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace net {

/// Carries ended tickets from the workers' threads to the I/O thread.
class Inbox : public TicketSink {
public:
    Inbox(boost::asio::io_context& io, const std::weak_ptr<LedgerQueue>& queue) : io_(io), queue_(queue) {}

    void ended(std::vector<TicketPtr> tickets) override
    {
        boost::asio::post(io_, [queue = queue_, tickets = std::move(tickets)] {
            for (auto first = tickets.begin(); first != tickets.end();) {
                const auto last = std::find_if_not(first, tickets.end(), [&](const TicketPtr& ticket) {
                    return has_same_owner(*ticket, **first);
                });
                tell({first, last}, queue);
                first = last;
            }
        });
    }

private:
    [[nodiscard]] static bool has_same_owner(const Ticket& a, const Ticket& b)
    {
        return !a.owner.owner_before(b.owner) && !b.owner.owner_before(a.owner);
    }

    /// Those of one owner.
    static void tell(std::span<const TicketPtr> tickets, const std::weak_ptr<LedgerQueue>& queue)
    {
        if (const auto owner = tickets.front()->owner.lock()) return owner->ended(tickets);
        const auto alive = queue.lock();
        if (!alive) return;
        for (const TicketPtr& ticket : tickets) alive->undo_unanswered(*ticket);
    }

    boost::asio::io_context& io_;
    std::weak_ptr<LedgerQueue> queue_;
};

} // namespace net
