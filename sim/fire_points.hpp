/// `tollgate-sim fire --crash-points`: the server of a test build is killed at each of its named points,
/// again and again, under the traffic of a fault run; then the checker.
#pragma once

#include "sim/fire_command.hpp"
#include "sim/fire_postgres.hpp"

#include <iosfwd>

namespace sim {

/// returns  differs when the checker found something, or a point was not reached as often as wanted
/// throws   as run_fire
[[nodiscard]] Exit run_crash_points(const FireOptions& options, FirePostgres& postgres, std::ostream& out,
                                    std::ostream& err);

} // namespace sim
