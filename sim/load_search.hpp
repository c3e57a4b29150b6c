/// `--find-max`: loads at one rate after the other until the highest is found that meets a threshold.
#pragma once

#include "sim/load_venue.hpp"
#include "sim/rate_search.hpp"

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace sim {

struct LoadSearchReport {
    struct Step {
        double rate = 0; ///< transactions per second
        RateSearch::Outcome outcome = RateSearch::Outcome::passed;
        LoadReport report;
    };
    std::string name;
    std::string threshold;
    std::vector<Step> steps; ///< in the order in which they ran
    std::optional<double> best;
    enum class Limit : std::uint8_t {
        server,    ///< a higher rate does not meet the threshold
        generator, ///< a higher rate cannot be generated: nobody knows whether the server could take it
        schedule,  ///< a higher rate has more messages than a load may have: nobody knows, either
        stopped,   ///< by somebody
        lost,      ///< the server was there no more
    };
    Limit limit = Limit::server;
    std::string problem; ///< when it was lost
    bool was_stopped = false;
};

/// The plan's first recorded stage has the rate that is looked for; the others follow it in proportion. The
/// plan's own thresholds have to hold, too.
/// words        gets a line per step
/// throws       WireError when not even the first step could begin
LoadSearchReport find_max(LoadVenue& venue, const LoadPlan& plan, const Threshold& threshold,
                          LoadProgress progress, std::ostream& words, std::ostream& err);

[[nodiscard]] std::string text_of(const LoadSearchReport& report);
/// Schema "tollgate/load-search/1"; each step holds its whole "tollgate/load/1".
[[nodiscard]] boost::json::object object_of(const LoadSearchReport& report);

} // namespace sim
