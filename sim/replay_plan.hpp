/// What a replay sends, and when: decided before anything is sent, by nothing but the traffic, the options
/// and the seed.
#pragma once

#include "sim/replay_traffic.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

struct ReplayTiming {
    enum class Kind : std::uint8_t {
        scaled, ///< the gaps of the capture, divided by `factor`
        rate,   ///< `factor` messages a second
        max,    ///< as fast as answers come
    };
    Kind kind = Kind::scaled;
    double factor = 1;

    /// "original", "x4", "x0.5", "2000/s", "max".
    /// throws   std::invalid_argument for anything else
    [[nodiscard]] static ReplayTiming parse(std::string_view text);
};

enum class ReplayOrder : std::uint8_t { captured, shuffle, reversal_first, reversal_last, explore };
/// Whose own order a shuffle leaves as it was.
enum class KeepOrder : std::uint8_t { card, connection, none };

struct PlanOptions {
    ReplayTiming timing;
    std::chrono::microseconds max_gap = std::chrono::microseconds::max(); ///< of the capture's gaps
    ReplayOrder order = ReplayOrder::captured;
    KeepOrder keep = KeepOrder::none;
    double duplicate = 0;        ///< probability that a message is sent once more, a few messages later
    double drop = 0;             ///< probability that a message is left out
    std::size_t explore_max = 5; ///< requests of the largest group of which all permutations are sent
    std::uint64_t messages_max = capture_records_max; ///< that exploring may send
    std::uint64_t seed = 0;
};

struct PlannedSend {
    enum class Why : std::uint8_t { captured, duplicate };
    std::size_t place = 0;  ///< of the request in the traffic
    std::uint64_t copy = 0; ///< of an explored group: its permutation
    Why why = Why::captured;
    std::chrono::microseconds at{0}; ///< from the start; 0 for all at `max`

    friend bool operator==(const PlannedSend&, const PlannedSend&) = default;
};

struct ReplayPlan {
    std::vector<PlannedSend> sends;
    std::vector<std::size_t> dropped;   ///< places
    std::vector<std::size_t> too_large; ///< first places of groups that were not explored
    [[nodiscard]] std::chrono::microseconds duration() const;
};

/// How much exploring sends, network management apart.
struct Exploration {
    std::uint64_t transactions = 0; ///< that are sent in more than one order
    std::uint64_t orders = 0;       ///< of those
    std::uint64_t messages = 0;     ///< of all
};
/// explore_max  at most 8
[[nodiscard]] Exploration exploration_of(const ReplayTraffic& traffic, std::size_t explore_max);

/// Management messages come first in every order but `captured`, sign-offs last: without their sign-on
/// nothing else means much.
/// throws   std::invalid_argument when exploring takes more messages than it may
[[nodiscard]] ReplayPlan plan_replay(const ReplayTraffic& traffic, const PlanOptions& options);

/// The places of the others, in a random order.
[[nodiscard]] std::vector<std::size_t> shuffled(const ReplayTraffic& traffic, std::vector<std::size_t> places,
                                                KeepOrder keep, std::uint64_t seed);

} // namespace sim
