/// The main job, shown: a server of our own, every scenario on both networks, then the books.
#pragma once

#include "sim/report_command.hpp"
#include "sim/runner.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace sim {

struct DemoOptions {
    std::string bin;
    std::string database_url;
    std::vector<Scenario> scenarios;   ///< played in this order
    std::vector<std::string> networks; ///< empty: both
    std::uint64_t seed = 0;
    int jobs = 4;
    bool wants_json = false;
    ReportFiles report_files;
};

/// Prints table, ladders of what failed, and what `tollgatectl check` says.
/// returns  done; differs when a scenario failed; money when an invariant broke
/// throws   HostError, OfficeError when there is no server to play against
[[nodiscard]] Exit run_demo(const DemoOptions& options, std::ostream& out);

} // namespace sim
