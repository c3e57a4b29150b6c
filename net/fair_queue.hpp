#pragma once

#include "net/parking.hpp"
#include "net/ticket.hpp"

#include <deque>
#include <list>
#include <map>
#include <unordered_map>

namespace net {

/// The requests that wait for one worker. Connections have turns, a few requests each: who has asked for much
/// does not keep the others waiting. Requests of one card leave in the order in which they came, whoever has
/// sent them: as long as one of them waits, the next ones stand behind it, in the same lane. Not thread-safe.
class FairQueue {
public:
    static constexpr std::size_t in_a_row_max = 16; ///< of one lane, then another has its turn

    /// returns  where it stands: valid until it is taken out
    TicketPtr* push_back(TicketPtr ticket);
    /// Each before all others of its card and its lane. They are in order.
    void push_front(std::deque<TicketPtr> tickets);

    /// Whoever is next, where it stands. The queue is not empty.
    [[nodiscard]] TicketPtr* next() { return &lanes_.front().tickets.front(); }
    /// Takes it out.
    TicketPtr pop();

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    template <class Function> void for_each(Function function) const
    {
        for (const Lane& lane : lanes_)
            for (const TicketPtr& ticket : lane.tickets) function(*ticket);
    }

private:
    /// Of one connection, and of nobody: own undos.
    struct Lane {
        std::weak_ptr<TicketOwner> owner;
        std::list<TicketPtr> tickets;
        std::size_t in_a_row = 0; ///< taken in this turn
    };
    using Lanes = std::list<Lane>;
    /// Requests of one card that wait.
    struct Card {
        Lanes::iterator lane;
        std::size_t waiting = 0;
    };

    [[nodiscard]] Lane& lane_for(const Ticket& ticket);
    [[nodiscard]] Lanes::iterator lane_of_owner(const Ticket& ticket);
    void end_turn();

    Lanes lanes_; ///< none is empty; the next in turn first
    std::map<std::weak_ptr<TicketOwner>, Lanes::iterator, std::owner_less<>> lane_of_;
    std::unordered_map<Parking::Lane, Card, Parking::LaneHash> cards_;
    std::size_t size_ = 0;
};

} // namespace net
