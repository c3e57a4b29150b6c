/// `tollgate-sim replay`: a capture sent again, in any order and at any rate.
#pragma once

#include "sim/replay_plan.hpp"
#include "sim/report.hpp"
#include "sim/target_options.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace sim {

struct ReplayOptions {
    std::string capture;
    std::vector<std::string> targets;
    std::string timing = "original";
    std::string order = "captured";
    std::string keep = "none";
    std::string max_gap;
    std::string wait = "5s";
    std::string slip_limit = "100ms";
    std::string network;
    std::string refresh_at;
    TargetOptions reach;
    double duplicate = 0;
    double drop = 0;
    std::size_t explore_max = 5;
    std::size_t in_flight = 64;
    std::uint64_t messages_max = capture_records_max;
    std::uint64_t seed = 0;
    std::size_t order_check = 0; ///< how many orders; 0: none
    std::string books = "memory";
    std::string bin;
    std::string database_url;
    bool refreshes = false;
    bool compares = false;
    bool checks_books = false;
    bool only_plan = false;
    bool is_cut = false; ///< the capture's trailer may be missing
    bool wants_json = false;
};

[[nodiscard]] CLI::App* add_replay(CLI::App& program, ReplayOptions& options);

/// returns  differs when an answer is missing or, with --compare, another one; invalid when the schedule was not
///          kept; money when an order check finds two orders with different books, or --check wrong ones
/// err      the books' invariants, one by one, with --check
/// throws   CaptureError, OfficeError, InputError, WireError, FileError, codec::DialectError, and as reach_of()
[[nodiscard]] Exit run_replay(const ReplayOptions& options, std::ostream& out, std::ostream& err);

} // namespace sim
