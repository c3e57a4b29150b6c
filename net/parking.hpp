#pragma once

#include "net/ticket.hpp"

#include <array>
#include <deque>
#include <map>
#include <unordered_map>

namespace net {

/// Requests that the ledger could not serve while it served others: somebody keeps their account locked, or
/// chokes on them. They wait here, lane by lane, and are tried again alone and ever more seldom; who comes
/// later in a lane waits behind. Not thread-safe.
class Parking {
public:
    /// Sixteen bytes: who shares them keeps its order.
    using Lane = std::array<std::uint8_t, 16>;
    struct LaneHash {
        std::size_t operator()(const Lane& lane) const;
    };
    /// The card's, or the request's own when it names no card.
    [[nodiscard]] static Lane card_lane(const Ticket& ticket);
    /// Of this key alone: what can never be served must not hold up its card.
    [[nodiscard]] static Lane own_lane(const Ticket& ticket);

    struct Pace {
        std::chrono::milliseconds first; ///< from the failure to the next try; twice as long each time
        std::chrono::milliseconds longest;
        std::chrono::milliseconds
            gap_max; ///< longest pause after failures of whatever lane, one after the other
    };
    explicit Parking(Pace pace) : pace_(pace), gap_(pace.first) {}

    [[nodiscard]] bool holds(const Lane& lane) const { return lanes_.contains(lane); }
    [[nodiscard]] bool empty() const { return lanes_.empty(); }

    /// Behind all others of its lane. Declines that wait for nothing but their row are left out when a lane
    /// grows too long: nobody was told of them.
    void add(const Lane& lane, TicketPtr ticket, MonoTime now);

    /// When take() may be called; MonoTime::max() for never.
    [[nodiscard]] MonoTime next_due() const;
    struct Parked {
        Lane lane;
        TicketPtr ticket;
    };
    /// The first of the lane whose turn it is; next_due() has come. The lane stays held until put_back() or
    /// release().
    [[nodiscard]] Parked take();
    /// It failed again. What a try takes of the ledger's time is a small part of the whole.
    void put_back(Parked parked, std::chrono::steady_clock::duration took, MonoTime now);
    /// It was served: the others of the lane, in order, may go on.
    [[nodiscard]] std::deque<TicketPtr> release(const Lane& lane);

    /// From now on nothing else needs the ledger: everything is tried as soon as possible. Not while one is
    /// taken.
    void hurry(MonoTime now);

    template <class Function> void for_each(Function function) const
    {
        for (const auto& [lane, waiting] : lanes_)
            for (const TicketPtr& ticket : waiting.tickets) function(*ticket);
    }

private:
    struct Waiting {
        std::deque<TicketPtr> tickets;
        std::chrono::milliseconds pause;
        std::size_t sweep_at;
    };

    Pace pace_;
    std::unordered_map<Lane, Waiting, LaneHash> lanes_;
    std::multimap<MonoTime, Lane> due_;     ///< every lane but the taken one
    std::chrono::milliseconds gap_;         ///< after the next failure
    MonoTime not_before_ = MonoTime::min(); ///< for all lanes together
    int rest_ = 4; ///< times as long as it took, the ledger is for others after a try
};

} // namespace net
