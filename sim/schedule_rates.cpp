#include "sim/schedule_rates.hpp"

#include <cmath>

namespace sim {

namespace {

/// A time over which the rate changes in a straight line, or not at all.
struct Line {
    double begin = 0; ///< seconds
    double lasts = 0;
    double from = 0; ///< per second
    double to = 0;
    std::size_t stage = 0;

    [[nodiscard]] double count() const { return (from + to) / 2 * lasts; }
    /// When so many have come since its begin: the root of from*t + slope/2*t^2 = count, in the form that is
    /// also exact for a slope near zero.
    [[nodiscard]] double when(double count) const
    {
        const double slope = lasts > 0 ? (to - from) / lasts : 0;
        const double under_root = std::max(0.0, from * from + 2 * slope * count);
        const double below = from + std::sqrt(under_root);
        return begin + (below > 0 ? std::min(lasts, 2 * count / below) : lasts);
    }
};

double seconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double>(time).count();
}

void append(std::vector<Line>& lines, double lasts, double from, double to)
{
    const double begin = lines.empty() ? 0 : lines.back().begin + lines.back().lasts;
    lines.push_back({begin, lasts, from, to, 0});
}

void append_steps(std::vector<Line>& lines, const RateStage& stage)
{
    for (int i = 0; i < stage.steps; ++i) {
        const double share = stage.steps > 1 ? static_cast<double>(i) / (stage.steps - 1) : 0;
        const double rate = stage.from + (stage.to - stage.from) * share;
        append(lines, seconds(stage.lasts) / stage.steps, rate, rate);
    }
}

void append_spike(std::vector<Line>& lines, const RateStage& stage)
{
    const double beside = seconds(stage.lasts - stage.spike) / 2;
    append(lines, beside, stage.from, stage.from);
    append(lines, seconds(stage.spike), stage.to, stage.to);
    append(lines, beside, stage.from, stage.from);
}

void append_stage(std::vector<Line>& lines, const RateStage& stage)
{
    switch (stage.shape) {
    case RateStage::Shape::constant:
        return append(lines, seconds(stage.lasts), stage.from, stage.from);
    case RateStage::Shape::ramp:
        return append(lines, seconds(stage.lasts), stage.from, stage.to);
    case RateStage::Shape::step:
        return append_steps(lines, stage);
    case RateStage::Shape::spike:
        return append_spike(lines, stage);
    }
}

std::vector<Line> lines_of(const std::vector<RateStage>& stages)
{
    std::vector<Line> lines;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const std::size_t before = lines.size();
        append_stage(lines, stages[i]);
        for (std::size_t line = before; line < lines.size(); ++line) lines[line].stage = i;
    }
    return lines;
}

} // namespace

double draw_share(Rng& rng)
{
    return (static_cast<double>(rng.next() >> 11U) + 1) * 0x1p-53;
}

double expected_count(const RateStage& stage)
{
    double count = 0;
    for (const Line& line : lines_of({stage})) count += line.count();
    return count;
}

std::vector<Arrival> draw_arrivals(const std::vector<RateStage>& stages, Arrivals law, Rng& rng)
{
    // Arrivals of rate 1 on a stretched clock: its hands move as fast as the rate is.
    const auto gap = [&] { return law == Arrivals::constant ? 1.0 : -std::log(draw_share(rng)); };
    std::vector<Arrival> all;
    double next = law == Arrivals::constant ? 0 : gap();
    double before = 0;
    for (const Line& line : lines_of(stages)) {
        // An arrival on the border of two lines, but for rounding, belongs to the second.
        for (; next < before + line.count() - 1e-9; next += gap()) {
            const std::chrono::duration<double> at(line.when(next - before));
            all.push_back({std::chrono::duration_cast<std::chrono::nanoseconds>(at), line.stage});
        }
        before += line.count();
        next = std::max(next, before);
    }
    return all;
}

} // namespace sim
