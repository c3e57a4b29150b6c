/// `tollgate-sim chaos`: a proxy that does to single messages what networks do.
#pragma once

#include "sim/report.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sim {

struct ChaosOptions {
    std::string listen;
    std::string connect;
    std::vector<std::string> rules;
    std::vector<std::string> rule_files;
    std::string dialect = "iso87-ascii";
    std::string framing = "be16";
    std::string header = "none";
    std::uint64_t seed = 1;
    std::string run_for; ///< empty: until a signal comes
};

[[nodiscard]] CLI::App* add_chaos(CLI::App& program, ChaosOptions& options);

/// Works until SIGINT or SIGTERM comes, or its time is over.
/// returns  usage when a rule cannot be read
/// throws   FileError, InputError, WireError, codec::DialectError
[[nodiscard]] Exit run_chaos(const ChaosOptions& options, std::ostream& out, std::ostream& err);

} // namespace sim
