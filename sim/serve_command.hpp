/// `tollgate-sim serve`: plays a network towards an issuer.
#pragma once

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

struct ServeOptions {
    std::vector<std::string> listen;
    std::vector<std::string> connect;
    std::string network = "iso-single-message";
    std::string traffic_file;
    std::string cards_file;
    std::string rate;
    std::string mix;
    std::optional<std::uint64_t> count;
    std::string timeout = "5s";
    std::vector<std::string> saf_pauses;
    std::size_t saf_capacity = 10'000;
    std::string echo = "60s";
    bool skips_sign_on = false;
    std::string cutover = "00:00";
    std::string settlement_folder = ".";
    std::string drain = "30s";
    std::string run_for;
    std::string state_every = "10s";
    std::optional<std::uint64_t> seed;
    TargetOptions reach;
};

/// The sub-command with its own options; --seed is made by this one, too.
[[nodiscard]] CLI::App* add_serve(CLI::App& program, ServeOptions& options);

/// Serves until SIGINT or SIGTERM comes, its time is over, or all that was planned is settled. SIGUSR1 cuts
/// over.
/// returns  differs when something was left without an answer; unreachable when a settlement file could not be
///          written: its rows are in `out`
/// throws   FileError, WireError, StepFailed, std::invalid_argument, and as reach_of()
[[nodiscard]] Exit run_serve(const ServeOptions& options, std::ostream& out, std::ostream& err);

} // namespace sim
