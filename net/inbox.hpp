#pragma once

#include "net/io_turns.hpp"
#include "net/ledger_queue.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace net {

/// Carries ended tickets from the workers' threads to the I/O thread, which tells their owners in turn, a few
/// tickets of each at a time: who has asked for much does not keep the others waiting, and what has come from
/// the sockets meanwhile has its turn, too. Made by std::make_shared.
class Inbox : public TicketSink, public std::enable_shared_from_this<Inbox> {
public:
    Inbox(boost::asio::io_context& io, const std::weak_ptr<LedgerQueue>& queue) : io_(io), queue_(queue) {}

    void ended(std::vector<TicketPtr> tickets) override
    {
        boost::asio::post(io_, [self = shared_from_this(), tickets = std::move(tickets)]() mutable {
            for (TicketPtr& ticket : tickets) self->sort_in(std::move(ticket));
            if (!std::exchange(self->is_telling_, true)) self->tell_some();
        });
    }

private:
    static constexpr std::size_t of_one_max = 8; ///< then another owner has its turn
    // Then the sockets have their turn:
    static constexpr std::size_t at_once_max = 64;
    static constexpr auto longest = IoTurns::at_once_max;

    /// Tickets of one owner, in order.
    struct Lane {
        std::weak_ptr<TicketOwner> owner;
        std::vector<TicketPtr> tickets;
        std::size_t told = 0; ///< of them; empty pointers

        void add(TicketPtr ticket)
        {
            if (told > tickets.size() / 2) { // where more comes than is told the lane never runs empty
                tickets.erase(tickets.begin(), tickets.begin() + static_cast<std::ptrdiff_t>(told));
                told = 0;
            }
            tickets.push_back(std::move(ticket));
        }
    };

    void sort_in(TicketPtr ticket)
    {
        const auto [lane, is_new] = lane_of_.try_emplace(ticket->owner);
        if (is_new) lane->second = lanes_.insert(lanes_.end(), Lane{ticket->owner, {}});
        lane->second->add(std::move(ticket));
    }

    void tell_some()
    {
        const auto end = std::chrono::steady_clock::now() + longest;
        for (std::size_t told = 0; told < at_once_max && !lanes_.empty();) {
            const auto lane = lanes_.begin();
            const std::size_t count = std::min(of_one_max, lane->tickets.size() - lane->told);
            const auto next = std::span(lane->tickets).subspan(lane->told, count);
            tell(next);
            std::ranges::fill(next, nullptr);
            lane->told += count;
            told += count;
            lanes_.splice(lanes_.end(), lanes_, lane);
            if (lane->told == lane->tickets.size()) {
                lane_of_.erase(lane->owner);
                lanes_.erase(lane);
            }
            if (std::chrono::steady_clock::now() >= end) break;
        }
        is_telling_ = !lanes_.empty();
        if (is_telling_) boost::asio::post(io_, [self = shared_from_this()] { self->tell_some(); });
    }

    /// Those of one owner.
    void tell(std::span<const TicketPtr> tickets)
    {
        if (const auto owner = tickets.front()->owner.lock()) return owner->ended(tickets);
        const auto alive = queue_.lock();
        if (!alive) return;
        for (const TicketPtr& ticket : tickets) alive->undo_unanswered(*ticket);
    }

    boost::asio::io_context& io_;
    std::weak_ptr<LedgerQueue> queue_;
    std::list<Lane> lanes_; ///< none is empty; the next in turn first
    std::map<std::weak_ptr<TicketOwner>, std::list<Lane>::iterator, std::owner_less<>> lane_of_;
    bool is_telling_ = false;
};

} // namespace net
