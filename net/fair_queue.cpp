#include "net/fair_queue.hpp"

#include <utility>

namespace net {

// What needs memory comes first: where there is none, all is as before.

TicketPtr* FairQueue::push_back(TicketPtr ticket)
{
    std::list<TicketPtr> one;
    one.push_back(std::move(ticket));
    auto& tickets = lane_for(*one.front()).tickets;
    tickets.splice(tickets.end(), one);
    return &tickets.back();
}

void FairQueue::push_front(std::deque<TicketPtr> tickets)
{
    for (; !tickets.empty(); tickets.pop_back()) {
        std::list<TicketPtr> one;
        one.push_back(tickets.back());
        auto& others = lane_for(*one.front()).tickets;
        others.splice(others.begin(), one);
    }
}

TicketPtr FairQueue::pop()
{
    Lane& lane = lanes_.front();
    TicketPtr ticket = std::move(lane.tickets.front());
    lane.tickets.pop_front();
    const auto card = cards_.find(Parking::card_lane(*ticket));
    if (--card->second.waiting == 0) cards_.erase(card);
    --size_;
    ++lane.in_a_row;
    end_turn();
    return ticket;
}

/// The caller adds it there.
FairQueue::Lane& FairQueue::lane_for(const Ticket& ticket)
{
    const auto [card, is_new] = cards_.try_emplace(Parking::card_lane(ticket));
    try {
        if (is_new) card->second.lane = lane_of_owner(ticket);
    } catch (...) {
        cards_.erase(card);
        throw;
    }
    ++card->second.waiting;
    ++size_;
    return *card->second.lane;
}

FairQueue::Lanes::iterator FairQueue::lane_of_owner(const Ticket& ticket)
{
    if (const auto found = lane_of_.find(ticket.owner); found != lane_of_.end()) return found->second;
    Lanes fresh;
    const auto lane = fresh.insert(fresh.end(), Lane{ticket.owner, {}});
    lane_of_.emplace(ticket.owner, lane);
    lanes_.splice(lanes_.end(), fresh);
    return lane;
}

void FairQueue::end_turn()
{
    const auto lane = lanes_.begin();
    if (lane->tickets.empty()) {
        lane_of_.erase(lane->owner);
        lanes_.erase(lane);
    } else if (lane->in_a_row == in_a_row_max) {
        lane->in_a_row = 0;
        lanes_.splice(lanes_.end(), lanes_, lane);
    }
}

} // namespace net
