/// Looks for the highest rate that still passes: doubles or halves until it lies between two rates, then
/// halves the distance. No I/O.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace sim {

class RateSearch {
public:
    enum class Outcome : std::uint8_t {
        passed,
        failed,
        invalid, ///< the generator could not keep its schedule: as far as the search goes, too fast
    };
    struct Step {
        double rate = 0;
        Outcome outcome = Outcome::passed;
    };
    struct Settings {
        double first = 100;
        double tolerance = 0.05; ///< of the rate found, which the next failing one is no further away than
        std::size_t confirmations = 2; ///< how often the rate found has to pass
        std::size_t steps_max = 30;
        double lowest = 1;
        double highest = std::numeric_limits<double>::infinity(); ///< nothing above it can be tried
    };

    explicit RateSearch(const Settings& settings) : settings_(settings) {}

    /// What to try next; nothing at the end.
    [[nodiscard]] std::optional<double> next() const
    {
        if (steps_.size() >= settings_.steps_max) return std::nullopt;
        const std::optional<double> low = best();
        const std::optional<double> high = lowest_above();
        if (!low && !high) return settings_.first;
        if (!low) return *high / 2 < settings_.lowest ? std::nullopt : std::optional(*high / 2);
        const bool is_beside_the_end = settings_.highest <= *low * (1 + settings_.tolerance);
        if (!high && !is_beside_the_end) return std::min(*low * 2, settings_.highest);
        if (high && *high > *low * (1 + settings_.tolerance)) return (*low + *high) / 2;
        if (passes(*low) < settings_.confirmations) return low;
        return std::nullopt;
    }

    void tell(double rate, Outcome outcome) { steps_.push_back({rate, outcome}); }

    /// The highest rate below all that failed; nothing when none passed.
    [[nodiscard]] std::optional<double> best() const
    {
        const std::optional<double> high = lowest_above();
        std::optional<double> found;
        for (const Step& step : steps_)
            if (step.outcome == Outcome::passed && (!high || step.rate < *high))
                found = std::max(found.value_or(0), step.rate);
        return found;
    }
    /// What stood in the way of a higher rate; nothing: no higher one could be tried.
    [[nodiscard]] std::optional<Outcome> limit() const
    {
        const std::optional<double> high = lowest_above();
        if (!high) return std::nullopt;
        const bool has_failed = std::any_of(steps_.begin(), steps_.end(), [&](const Step& step) {
            return step.rate == *high && step.outcome == Outcome::failed;
        });
        return has_failed ? Outcome::failed : Outcome::invalid;
    }
    [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

private:
    /// The lowest rate that did not pass, each time or at least once.
    [[nodiscard]] std::optional<double> lowest_above() const
    {
        std::optional<double> found;
        for (const Step& step : steps_)
            if (step.outcome != Outcome::passed) found = std::min(found.value_or(step.rate), step.rate);
        return found;
    }
    [[nodiscard]] std::size_t passes(double rate) const
    {
        return static_cast<std::size_t>(std::count_if(steps_.begin(), steps_.end(), [&](const Step& step) {
            return step.rate == rate && step.outcome == Outcome::passed;
        }));
    }

    Settings settings_;
    std::vector<Step> steps_;
};

} // namespace sim
