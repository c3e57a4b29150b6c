/// Plays many scenarios on several networks at once.
#pragma once

#include "sim/player.hpp"
#include "sim/report.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sim {

struct RunPlan {
    std::vector<Scenario> scenarios;
    std::vector<Side> sides;
    int jobs = 4; ///< scenarios at once
};

/// The world of a run. The references outlive it.
struct World {
    Host& host;
    Office& office;
    RunIds& ids;
    /// A server of its own for a scenario that restarts it; where there is none, `host` is asked to restart.
    std::function<std::unique_ptr<Host>()> own_host;
};

/// Nothing that happens in one scenario keeps another from being played.
[[nodiscard]] Report play_all(const RunPlan& plan, const World& world);

/// Keeps those that have the tag.
[[nodiscard]] std::vector<Scenario> only_tagged(std::vector<Scenario> scenarios, const std::string& tag);

} // namespace sim
