/// What a load is: read from a TOML file, or put together from options.
#pragma once

#include "sim/amount.hpp"
#include "sim/schedule_rates.hpp"
#include "sim/terminal.hpp"
#include "sim/verdict.hpp"
#include "sim/wire.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

struct LoadPlan {
    struct Scenario {
        std::string name; ///< "sale+reversal"
        double weight = 1;
        std::chrono::nanoseconds gap{std::chrono::milliseconds(100)}; ///< between its messages
    };
    struct Cards {
        std::string file;           ///< CSV with columns pan and expiry; empty: made up
        std::string bin = "999999"; ///< of made-up ones: six digits
        std::size_t count = 100;
        double zipf = 0; ///< exponent, 0: all alike
    };

    std::string name = "load";
    std::optional<std::uint64_t> seed; ///< none: from the time
    std::optional<Address> target;     ///< none: a server of our own
    std::string network = "iso-single-message";
    int connections = 16;
    std::size_t in_flight = 20'000;
    std::chrono::nanoseconds deadline{std::chrono::seconds(5)};
    /// A slip of which the 99th percentile is above this makes the run invalid.
    std::chrono::nanoseconds slip_limit{std::chrono::milliseconds(10)};
    Arrivals arrivals = Arrivals::poisson;
    /// Microseconds since 1970 that DE7 counts from; none: the moment of the begin.
    std::optional<std::uint64_t> start_us;
    std::vector<RateStage> stages;
    std::vector<Scenario> mix;
    Cards cards;
    Amount amount_min{1, "JPY"};
    Amount amount_max{1, "JPY"};
    std::vector<Threshold> thresholds;
};

/// throws   FileError with the place of the mistake
[[nodiscard]] LoadPlan parse_load(std::string_view toml, const std::string& file_name);

/// "sale=90,sale+reversal=10"; throws std::invalid_argument.
[[nodiscard]] std::vector<LoadPlan::Scenario> mix_of(const std::string& text);
/// How many messages it has.
[[nodiscard]] std::size_t steps_of(const LoadPlan::Scenario& scenario);

/// "2026-08-01T03:15:00Z", microseconds since 1970; nothing when it is no moment from 1970 to
/// 9999.
[[nodiscard]] std::optional<std::uint64_t> parse_moment(const std::string& text);
[[nodiscard]] std::string moment_text(std::uint64_t us);

/// What the plan says of cards, a server of our own apart.
/// throws   FileError
[[nodiscard]] std::vector<CardInHand> cards_of(const LoadPlan::Cards& cards, std::uint64_t seed);

} // namespace sim
