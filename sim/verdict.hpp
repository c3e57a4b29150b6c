/// What is expected of a load's measurements, and whether the measurements are worth anything.
#pragma once

#include "sim/load_tally.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sim {

/// "p99<50ms", "steady.service.p99.9<=200ms", "declined<1%", "unanswered=0", "rate>=1900/s", "code.91=0".
struct Threshold {
    enum class Of : std::uint8_t { quantile, mean, max, declined, late, unanswered, held, code, rate };
    enum class Clock : std::uint8_t { response, service, slip };
    enum class Is : std::uint8_t { below, at_most, equal, at_least, above };
    enum class Unit : std::uint8_t { time, share, count, per_second };

    std::string text;
    std::string stage; ///< empty: all recorded ones
    Of of = Of::quantile;
    Clock clock = Clock::response; ///< of times
    double share = 0;              ///< of a quantile
    std::string code;
    Is is = Is::below;
    Unit unit = Unit::time;
    double limit = 0; ///< nanoseconds, a share of 1, a count, or answers per second while the stage lasted
};

/// throws   std::invalid_argument, naming what is expected
[[nodiscard]] Threshold parse_threshold(const std::string& text);

struct Judged {
    Threshold threshold;
    double value = 0;         ///< in the limit's unit
    bool is_at_least = false; ///< nobody knows how much more: unanswered messages are among it
    bool has_value = true;    ///< something was measured
    bool passed = false;
};

/// Of one stage, or of all.
struct Measured {
    LoadMeasure measure;
    std::chrono::nanoseconds lasts{0}; ///< by the clock of the run
};

/// deadline     what unanswered messages count as
/// throws       std::invalid_argument when there is no such stage
[[nodiscard]] Judged judge(const Threshold& threshold, const Measured& all,
                           const std::vector<Measured>& stages, std::chrono::nanoseconds deadline);

/// Of a value in that unit: "9.81 ms", "0.5 %", "12".
[[nodiscard]] std::string value_text(double value, Threshold::Unit unit);

/// From here on times of the response are lower bounds; nothing: all were answered.
[[nodiscard]] std::optional<std::chrono::nanoseconds> at_least_from(const LoadMeasure& measure,
                                                                    std::chrono::nanoseconds deadline);
/// Something is among it of which only is known that it took at least the deadline.
[[nodiscard]] bool is_at_least(const LoadMeasure& measure, std::chrono::nanoseconds told,
                               std::chrono::nanoseconds deadline);

} // namespace sim
