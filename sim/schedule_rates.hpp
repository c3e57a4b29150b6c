/// How many transactions per second a load offers over its time: stages, and the instants that they give.
#pragma once

#include "sim/rng.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sim {

/// A part of a load's time.
struct RateStage {
    enum class Shape : std::uint8_t {
        constant, ///< `from` all the time
        ramp,     ///< from `from` to `to` in a straight line
        step,     ///< from `from` to `to` in `steps` equal parts of time, each with one rate
        spike,    ///< `from`, but `to` in the middle, for `spike`
    };
    std::string name;
    std::chrono::nanoseconds lasts{0};
    Shape shape = Shape::constant;
    double from = 0; ///< transactions per second
    double to = 0;
    int steps = 2;
    std::chrono::nanoseconds spike{0};
    bool is_recorded = true; ///< false: a warm-up, which counts for no total and no threshold
};

/// How instants lie around the rate.
enum class Arrivals : std::uint8_t {
    constant, ///< evenly
    poisson,  ///< independent of each other, as those of many shops
};

/// A moment at which a transaction begins.
struct Arrival {
    std::chrono::nanoseconds at{0}; ///< from the begin of the load
    std::size_t stage = 0;
};

/// All of them, ascending. Depends on nothing but its parameters.
[[nodiscard]] std::vector<Arrival> draw_arrivals(const std::vector<RateStage>& stages, Arrivals law,
                                                 Rng& rng);

/// How many a stage has on average.
[[nodiscard]] double expected_count(const RateStage& stage);

/// Uniform in (0, 1].
[[nodiscard]] double draw_share(Rng& rng);

} // namespace sim
