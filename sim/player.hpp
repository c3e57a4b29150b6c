/// Plays one scenario on one network against a host and reports the first difference.
#pragma once

#include "sim/host.hpp"
#include "sim/ladder.hpp"
#include "sim/network_model.hpp"
#include "sim/office.hpp"
#include "sim/run_ids.hpp"
#include "sim/scenario.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace sim {

/// A network and where the host serves it.
struct Side {
    std::shared_ptr<const NetworkModel> model;
    std::string network;            ///< as the server's links call it: part of every key
    std::vector<std::string> links; ///< connections take them in turn
    Reach reach{};                  ///< of all of them
};

struct Verdict {
    bool passed = false;
    std::size_t step = 0; ///< number of the failed one, from 1; 0 for the preparations
    std::string place;    ///< "file:line:column"
    std::string problem;  ///< one line
    std::string ladder;   ///< of a failed scenario
    std::chrono::milliseconds took{0};
};

/// What a player works with. The references outlive it.
struct Stage {
    Host& host;
    Office& office;
    RunIds& ids;
    std::chrono::milliseconds answer_limit{15'000}; ///< longer than any host may think
};

/// throws   WireError, HostError, OfficeError when the world around the scenario is broken
[[nodiscard]] Verdict play(const Scenario& scenario, const Side& side, const Stage& stage);

} // namespace sim
