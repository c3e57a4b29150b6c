#include "net/parking.hpp"

#include <algorithm>
#include <cstring>

namespace net {

namespace {

constexpr std::size_t sweep_min = 64; ///< tickets of a lane that are not looked through

bool is_only_a_decline(const TicketPtr& ticket)
{
    return ticket->state == TicketState::expired;
}

} // namespace

Parking::Lane Parking::card_lane(const Ticket& ticket)
{
    return ticket.request.card ? ticket.request.card->bytes : own_lane(ticket);
}

Parking::Lane Parking::own_lane(const Ticket& ticket)
{
    return ticket.request.key.bytes;
}

std::size_t Parking::LaneHash::operator()(const Lane& lane) const
{
    std::size_t tail = 0; // as Id128Hash
    std::memcpy(&tail, lane.data() + 8, sizeof tail);
    return tail;
}

void Parking::add(const Lane& lane, TicketPtr ticket, MonoTime now)
{
    const auto [found, is_new] = lanes_.try_emplace(lane, Waiting{{}, pace_.first, sweep_min});
    if (is_new) due_.emplace(now + pace_.first, lane);
    Waiting& waiting = found->second;
    if (waiting.tickets.size() >= waiting.sweep_at) {
        std::erase_if(waiting.tickets, is_only_a_decline);
        waiting.sweep_at = std::max(sweep_min, 2 * waiting.tickets.size());
    }
    waiting.tickets.push_back(std::move(ticket)); // so that no lane is ever empty
}

MonoTime Parking::next_due() const
{
    return due_.empty() ? MonoTime::max() : std::max(due_.begin()->first, not_before_);
}

Parking::Parked Parking::take()
{
    const Lane lane = due_.begin()->second;
    due_.erase(due_.begin());
    auto& tickets = lanes_.at(lane).tickets;
    Parked parked{lane, std::move(tickets.front())};
    tickets.pop_front();
    return parked;
}

void Parking::put_back(Parked parked, std::chrono::steady_clock::duration took, MonoTime now)
{
    Waiting& waiting = lanes_.at(parked.lane);
    waiting.tickets.push_front(std::move(parked.ticket));
    waiting.pause = std::min(std::max(2 * waiting.pause, pace_.first), pace_.longest);
    due_.emplace(now + waiting.pause, parked.lane);
    not_before_ = now + std::max<std::chrono::steady_clock::duration>(rest_ * took, gap_);
    gap_ = std::min(2 * gap_, pace_.gap_max);
}

std::deque<TicketPtr> Parking::release(const Lane& lane)
{
    gap_ = pace_.first;
    auto found = lanes_.extract(lane);
    return std::move(found.mapped().tickets);
}

void Parking::hurry(MonoTime now)
{
    due_.clear();
    not_before_ = now;
    gap_ = pace_.first;
    rest_ = 0;
    for (auto& [lane, waiting] : lanes_) {
        waiting.pause = pace_.first;
        due_.emplace(now, lane);
    }
}

} // namespace net
