/// Verdicts for people and for programs.
#pragma once

#include "sim/player.hpp"
#include "sim/scenario.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sim {

/// A scenario on a network.
struct Played {
    std::string scenario;
    std::string title;
    std::string network;
    bool was_skipped = false; ///< it makes no sense there
    Verdict verdict;
};

struct Report {
    std::uint64_t seed = 0;
    std::vector<Played> played; ///< by scenario, then by network

    [[nodiscard]] std::size_t failed() const;
    [[nodiscard]] std::size_t passed() const;
};

/// A row per scenario, a column per network, then a line of sums.
[[nodiscard]] std::string table_of(const Report& report);
/// What failed: place, problem, ladder. Empty when nothing did.
[[nodiscard]] std::string failures_of(const Report& report);
/// One object, schema "tollgate/run/1".
[[nodiscard]] std::string json_of(const Report& report);

/// Exit codes of all programs (OPERATIONS 4.2); the gravest wins.
enum class Exit : int {
    done = 0,
    differs = 1,
    usage = 2,
    unreachable = 3,
    invalid = 4, ///< the generator could not keep its own schedule
    money = 6,
    internal = 70,
    stopped = 130, ///< by the user, after a full report
};

} // namespace sim
