/// What a replay is going to do, and what came of it: for people and for programs.
#pragma once

#include "sim/replay_compare.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace sim {

struct ReplayReport {
    const ReplayTraffic& traffic;
    const ReplayPlan& plan;
    const SentPlan& sent;
    std::uint64_t seed = 0;
    std::optional<ReplayComparison> comparison{}; ///< when it was asked for
    std::chrono::microseconds slip_limit{0};
    bool is_scheduled = false; ///< false at `max`: there is no slip

    [[nodiscard]] std::size_t answered() const;
    [[nodiscard]] std::size_t unsent() const;
    /// The slip of the message that is later than `part` of all.
    [[nodiscard]] std::chrono::microseconds slip(double part) const;
    /// More than a hundredth of all left later than the limit: what came of it says nothing about the
    /// schedule.
    [[nodiscard]] bool is_invalid() const;
};

/// "seed 7" and the sizes; then a line per message: position, microseconds from the start, connection, number
/// in the capture, copy, and the masked message. The same text for the same capture, options and seed.
void write_plan(std::ostream& out, const ReplayTraffic& traffic, const ReplayPlan& plan,
                std::span<const codec::Message> messages, std::uint64_t seed);

[[nodiscard]] std::string text_of(const ReplayReport& report);
/// One object, schema "tollgate/replay/1".
[[nodiscard]] std::string json_of(const ReplayReport& report);

} // namespace sim
