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
    bool was_stopped = false;
};

/// The plan's first recorded stage has the rate that is looked for; the others follow it in proportion. The
/// plan's own thresholds have to hold, too.
/// words        gets a line per step
LoadSearchReport find_max(LoadVenue& venue, const LoadPlan& plan, const Threshold& threshold,
                          LoadProgress progress, std::ostream& words, std::ostream& err);

[[nodiscard]] std::string text_of(const LoadSearchReport& report);
/// Schema "tollgate/load-search/1"; each step holds its whole "tollgate/load/1".
[[nodiscard]] boost::json::object object_of(const LoadSearchReport& report);

} // namespace sim
