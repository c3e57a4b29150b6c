/// `tollgate-sim load` and `tollgate-sim echo`: traffic at a rate, with its measurements, and a host that
/// only answers.
#pragma once

#include "sim/load_cards.hpp"
#include "sim/report.hpp"
#include "sim/target_options.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sim {

/// As given; what is not given is the file's, or has a default.
struct LoadOptions {
    std::string file;
    std::optional<std::string> rate;
    std::optional<std::string> lasts;
    std::optional<std::string> warm_up;
    std::optional<std::string> mix;
    std::optional<std::string> target;
    std::optional<std::string> network;
    std::optional<std::string> deadline;
    std::optional<std::string> slip_limit;
    std::optional<std::string> arrivals;
    std::optional<std::string> card_file;
    std::optional<std::size_t> cards;
    std::optional<int> connections;
    std::optional<std::size_t> in_flight;
    std::optional<std::uint64_t> seed;
    std::vector<std::string> thresholds;
    std::string find_max;
    std::string output; ///< a file for the JSON report
    std::string html;   ///< a file for the report as a page
    std::string progress = "auto";
    bool wants_json = false;
    std::string bin;
    std::string database_url;
    TargetOptions reach;
};

CLI::App* add_load(CLI::App& program, LoadOptions& options);

/// returns  money, invalid, differs (a threshold is crossed), stopped: the gravest that applies
/// throws   FileError, std::invalid_argument, HostError, OfficeError, WireError, and as reach_of()
[[nodiscard]] Exit run_load(const LoadOptions& options, std::ostream& out, std::ostream& err);

struct EchoOptions {
    std::uint16_t port = 0;
    std::string network = "iso-single-message";
    std::uint64_t silent_every = 0;
    std::uint64_t refuse_every = 0;
};

CLI::App* add_echo(CLI::App& program, EchoOptions& options);

/// Answers until it is killed.
/// throws   WireError
[[nodiscard]] Exit run_echo(const EchoOptions& options, std::ostream& out);

} // namespace sim
