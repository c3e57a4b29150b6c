#pragma once

#include "sim/report.hpp"

#include <string>

namespace sim {

/// The verdicts as JUnit XML, which CI servers show: a suite per network, a case per scenario, the ladder of
/// a failed one in its text.
[[nodiscard]] std::string junit_of(const Report& report);

} // namespace sim
