/// Sends a plan: each message at its time, on its connection; keeps who was answered how, and how late each
/// left.
#pragma once

#include "sim/replay_plan.hpp"
#include "sim/wire.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sim {

struct SendOptions {
    /// Whose order the server sees: that of each captured connection, or one order for all.
    enum class Lines : std::uint8_t { as_captured, one };
    Reach reach{};                ///< of all of them; MACs are in the messages already
    std::vector<Address> targets; ///< a connection's number modulo their count says which
    Lines lines = Lines::as_captured;
    std::size_t in_flight = 64; ///< at `max`: unanswered at once, over all connections
    std::chrono::milliseconds wait{
        5'000}; ///< for an answer; a later one still counts while others are waited for
};

/// One planned message, afterwards.
struct SentMessage {
    bool was_sent = false;             ///< false: its connection had ended
    Clock::duration slip{0};           ///< how much later than planned it was handed over
    std::optional<Bytes> answer{};     ///< from the MTI on
    Clock::duration answered_after{0}; ///< from the planned time
};

struct SentPlan {
    std::vector<SentMessage> messages; ///< one for each of the plan's sends
    std::size_t strays = 0;            ///< what came and answers none of them
    std::size_t lost_connections = 0;
    Clock::duration took{0};
};

/// messages     what goes on the wire for each of the plan's sends: from the MTI on
/// throws       WireError when a target cannot be reached or the framing cannot carry a message
[[nodiscard]] SentPlan send_plan(const ReplayTraffic& traffic, const ReplayPlan& plan,
                                 std::span<const codec::Message> messages, const PlanOptions& planned,
                                 const SendOptions& options);

} // namespace sim
