#include "sim/load_search.hpp"

#include "sim/rate_text.hpp"
#include "sim/schedule.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <ostream>
#include <stdexcept>

namespace sim {

namespace {

using Outcome = RateSearch::Outcome;

/// Of a rate at which the generator was late: something else may have used the machine.
constexpr int tries = 3;

const RateStage& searched(const LoadPlan& plan)
{
    const auto found = std::find_if(plan.stages.begin(), plan.stages.end(), [](const RateStage& stage) {
        return stage.is_recorded && stage.from > 0;
    });
    if (found == plan.stages.end())
        throw std::invalid_argument("--find-max needs a stage that is recorded and has a rate");
    return *found;
}

std::size_t longest_of(const LoadPlan& plan)
{
    std::size_t steps = 1;
    for (const LoadPlan::Scenario& scenario : plan.mix) steps = std::max(steps, steps_of(scenario));
    return steps;
}

/// Above it a step has too many messages.
double highest_of(const LoadPlan& plan)
{
    const double rate = searched(plan).from;
    constexpr double nearly = 0.999; // for what rounding adds
    return std::max(rate, rate * nearly * Schedule::expected_max /
                              expected_messages(plan.stages, longest_of(plan)));
}

LoadPlan at_rate(const LoadPlan& plan, double rate)
{
    const double factor = rate / searched(plan).from;
    LoadPlan made = plan;
    for (RateStage& stage : made.stages) {
        stage.from *= factor;
        stage.to *= factor;
    }
    return made;
}

const char* name_of(Outcome outcome)
{
    if (outcome == Outcome::passed) return "passed";
    return outcome == Outcome::failed ? "failed" : "INVALID";
}

std::string aligned(const std::string& text, std::size_t width)
{
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string head()
{
    std::string line;
    for (const char* cell : {"rate", "answered", "p50", "p99", "max", "unanswered", "slip p99"})
        line += aligned(cell, 12);
    return line + "\n";
}

std::string line_of(const LoadSearchReport::Step& step)
{
    const LoadMeasure& total = step.report.total.measure;
    const auto at_least_text = [&](std::chrono::nanoseconds time) {
        return (is_at_least(total, time, step.report.plan.deadline) ? ">= " : "") + short_text(time);
    };
    return aligned(rate_text(step.rate), 12) + aligned(grouped(total.answered), 12) +
           aligned(at_least_text(total.response.quantile(0.5)), 12) +
           aligned(at_least_text(total.response.quantile(0.99)), 12) +
           aligned(at_least_text(total.response.max()), 12) + aligned(grouped(total.unanswered), 12) +
           aligned(short_text(total.slip.quantile(0.99)), 12) + "  " + name_of(step.outcome) + "\n";
}

LoadSearchReport::Step step_of(double rate, LoadReport report)
{
    Outcome outcome = report.passed() ? Outcome::passed : Outcome::failed;
    if (!report.is_valid() || report.totals.was_stopped) outcome = Outcome::invalid;
    return {rate, outcome, std::move(report)};
}

using Limit = LoadSearchReport::Limit;

Limit limit_of(const LoadSearchReport& found, const RateSearch& search)
{
    if (!found.problem.empty()) return Limit::lost;
    if (found.was_stopped) return Limit::stopped;
    const auto limit = search.limit();
    if (!limit) return Limit::schedule;
    return *limit == Outcome::failed ? Limit::server : Limit::generator;
}

struct LimitText {
    const char* name;
    const char* best; ///< before the rate that was found
    const char* none; ///< no rate was found
    const char* why;
};

LimitText text_of(Limit limit)
{
    switch (limit) {
    case Limit::server:
        return {"server", "highest rate that meets ", "no rate meets ", ""};
    case Limit::generator:
        return {"generator", "a rate that meets ", "INVALID: nobody knows of a rate that meets ",
                "; a higher one the generator could not keep: it is the limit, not the server"};
    case Limit::schedule:
        return {"schedule", "a rate that meets ", "nobody knows of a rate that meets ",
                "; a higher one has more messages than a load may have: make it shorter"};
    case Limit::stopped:
        return {"stopped", "a rate that meets ", "nobody knows of a rate that meets ", "; stopped early"};
    case Limit::lost:
        break;
    }
    return {"lost", "a rate that meets ", "nobody knows of a rate that meets ", "; the server was lost: "};
}

} // namespace

LoadSearchReport find_max(LoadVenue& venue, const LoadPlan& plan, const Threshold& threshold,
                          LoadProgress progress, std::ostream& words, std::ostream& err)
{
    LoadPlan strict = plan;
    strict.thresholds.push_back(threshold);
    RateSearch::Settings settings;
    settings.first = searched(plan).from;
    settings.highest = highest_of(plan);
    RateSearch search(settings);
    LoadSearchReport found;
    found.name = plan.name;
    found.threshold = threshold.text;
    words << head() << std::flush;
    const auto try_out = [&](double rate) {
        Outcome outcome = Outcome::invalid;
        for (int i = 0; i < tries && outcome == Outcome::invalid && !found.was_stopped; ++i) {
            LoadConsole console(progress, err);
            found.steps.push_back(step_of(rate, venue.play(at_rate(strict, rate), console)));
            outcome = found.steps.back().outcome;
            found.was_stopped = found.steps.back().report.totals.was_stopped;
            words << line_of(found.steps.back()) << std::flush;
        }
        search.tell(rate, outcome);
    };
    try {
        while (const auto rate = found.was_stopped ? std::nullopt : search.next()) try_out(*rate);
    } catch (const WireError& error) {
        if (found.steps.empty()) throw;
        found.problem = error.what(); // what was measured before is kept
    }
    found.best = search.best();
    found.limit = limit_of(found, search);
    return found;
}

std::string text_of(const LoadSearchReport& report)
{
    const LimitText text = text_of(report.limit);
    const std::string end = text.why + report.problem + "\n";
    if (!report.best) return text.none + report.threshold + end;
    return text.best + report.threshold + ": " + rate_text(*report.best) + end;
}

boost::json::object object_of(const LoadSearchReport& report)
{
    boost::json::array steps;
    for (const LoadSearchReport::Step& step : report.steps)
        steps.push_back(boost::json::object{
            {"rate", step.rate}, {"outcome", name_of(step.outcome)}, {"load", object_of(step.report)}});
    boost::json::object object{{"schema", "tollgate/load-search/1"},
                               {"name", report.name},
                               {"threshold", report.threshold},
                               {"best_per_second", nullptr},
                               {"limit", text_of(report.limit).name},
                               {"was_stopped", report.was_stopped},
                               {"steps", std::move(steps)}};
    if (report.best) object["best_per_second"] = *report.best;
    return object;
}

} // namespace sim
