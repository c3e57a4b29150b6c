#include "net/fair_queue.hpp"

#include <utility>

namespace net {

TicketPtr* FairQueue::push_back(TicketPtr ticket)
{
    auto& tickets = lane_for(*ticket).tickets;
    tickets.push_back(std::move(ticket));
    return &tickets.back();
}

void FairQueue::push_front(std::deque<TicketPtr> tickets)
{
    for (; !tickets.empty(); tickets.pop_back())
        lane_for(*tickets.back()).tickets.push_front(std::move(tickets.back()));
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
    if (is_new) card->second.lane = lane_of_owner(ticket);
    ++card->second.waiting;
    ++size_;
    return *card->second.lane;
}

FairQueue::Lanes::iterator FairQueue::lane_of_owner(const Ticket& ticket)
{
    const auto [found, is_new] = lane_of_.try_emplace(ticket.owner);
    if (is_new) found->second = lanes_.insert(lanes_.end(), Lane{ticket.owner, {}});
    return found->second;
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
