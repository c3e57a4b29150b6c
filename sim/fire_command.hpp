/// `tollgate-sim fire`: random traffic through a server of our own while it, its database and its connections
/// are killed; then the checker.
#pragma once

#include "sim/report.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sim {

struct FireOptions {
    std::string bin;
    std::string database_url;
    std::string postgres_data; ///< folder of the cluster, which the run stops and starts
    std::uint64_t seed = 0;
    std::size_t messages = 20'000;
    std::size_t faults = 0;
    std::uint32_t cards = 500;
    std::vector<std::string> tolerated; ///< names of breaches that fail no run
    bool crash_points = false;
    std::size_t kills = 50;          ///< at each crash point
    std::vector<std::string> points; ///< crash points; empty: all
    bool only_plan = false;
    bool wants_json = false;
};

/// The sub-command with its own options; the common ones (--bin, --database, --seed, --json) are the
/// program's.
[[nodiscard]] CLI::App* add_fire(CLI::App& program, FireOptions& options);

/// The seed is printed first.
/// returns  differs when the checker found something, money when an invariant broke
/// throws   HostError, OfficeError, WireError, PostgresError
[[nodiscard]] Exit run_fire(const FireOptions& options, std::ostream& out, std::ostream& err);

} // namespace sim
