#pragma once

#include "net/ledger_queue.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <memory>
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
            for (const TicketPtr& ticket : tickets) {
                const auto owner = ticket->owner.lock();
                const auto alive = queue.lock();
                if (owner)
                    owner->ended(ticket);
                else if (alive)
                    alive->undo_unanswered(*ticket);
            }
        });
    }

private:
    boost::asio::io_context& io_;
    std::weak_ptr<LedgerQueue> queue_;
};

} // namespace net
