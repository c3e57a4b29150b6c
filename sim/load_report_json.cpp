#include "sim/load_report.hpp"

#include <boost/json/array.hpp>

namespace sim {

namespace json = boost::json;

namespace {

using Time = std::chrono::nanoseconds;

constexpr double curve_percents[] = {0,  10, 20, 30, 40,   50,   60,    70,    75,     80,
                                     85, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100};

double us(Time time)
{
    return static_cast<double>(time.count()) / 1'000;
}

json::value us(const std::optional<Time>& time)
{
    return time ? json::value(us(*time)) : json::value(nullptr);
}

json::object object_of(const LoadRow::Times& times)
{
    return {{"p50_us", us(times.p50)},
            {"p90_us", us(times.p90)},
            {"p99_us", us(times.p99)},
            {"p999_us", us(times.p999)},
            {"max_us", us(times.max)}};
}

enum class With : std::uint8_t { percentiles, buckets };

json::object object_of(const Histogram& histogram, With with)
{
    json::array curve;
    for (const double percent : curve_percents)
        curve.push_back(json::array{percent, us(histogram.quantile(percent / 100))});
    json::object object{{"count", histogram.count()},
                        {"min_us", us(histogram.min())},
                        {"mean_us", us(histogram.mean())},
                        {"p50_us", us(histogram.quantile(0.5))},
                        {"p90_us", us(histogram.quantile(0.9))},
                        {"p99_us", us(histogram.quantile(0.99))},
                        {"p999_us", us(histogram.quantile(0.999))},
                        {"p9999_us", us(histogram.quantile(0.9999))},
                        {"max_us", us(histogram.max())},
                        {"curve", std::move(curve)}};
    if (with == With::percentiles) return object;
    json::array buckets;
    for (const Histogram::Bucket& bucket : histogram.buckets())
        buckets.push_back(json::array{bucket.up_to.count(), bucket.count});
    object["buckets_ns"] = std::move(buckets);
    return object;
}

json::object codes_object(const std::vector<std::pair<std::string, std::uint64_t>>& codes)
{
    json::object object;
    for (const auto& [code, count] : codes) object[code] = count;
    return object;
}

json::object object_of(const LoadMeasure& measure, const LoadReport& report, With with = With::percentiles)
{
    json::object response = object_of(measure.response, with);
    response["at_least_us"] = us(at_least_from(measure, report.plan.deadline));
    return {{"name", measure.name},
            {"sent", measure.sent},
            {"held", measure.held},
            {"answered", measure.answered},
            {"declined", measure.declined},
            {"late", measure.late},
            {"unanswered", measure.unanswered},
            {"unsent", measure.unsent},
            {"codes", codes_object(measure.codes.sorted())},
            {"response", std::move(response)},
            {"service", object_of(measure.service, with)},
            {"slip", object_of(measure.slip, with)}};
}

json::array stages_array(const LoadReport& report)
{
    json::array all;
    for (std::size_t i = 0; i < report.stages.size(); ++i) {
        json::object stage = object_of(report.stages[i].measure, report);
        stage["came"] = report.stages[i].measure.came;
        stage["seconds"] = std::chrono::duration<double>(report.stages[i].lasts).count();
        stage["is_recorded"] = report.plan.stages[i].is_recorded;
        stage["rate_from"] = report.plan.stages[i].from;
        all.push_back(std::move(stage));
    }
    return all;
}

json::array mix_array(const LoadPlan& plan)
{
    json::array all;
    for (const LoadPlan::Scenario& scenario : plan.mix)
        all.push_back(json::object{
            {"scenario", scenario.name}, {"weight", scenario.weight}, {"gap_us", us(scenario.gap)}});
    return all;
}

const char* unit_name(Threshold::Unit unit)
{
    constexpr const char* names[] = {"us", "share", "count", "per_second"};
    return names[static_cast<std::size_t>(unit)];
}

json::array thresholds_array(const std::vector<Judged>& judged)
{
    json::array all;
    for (const Judged& one : judged) {
        const double scale = one.threshold.unit == Threshold::Unit::time ? 1'000 : 1;
        json::object object{{"text", one.threshold.text},
                            {"passed", one.passed},
                            {"unit", unit_name(one.threshold.unit)},
                            {"limit", one.threshold.limit / scale},
                            {"value", nullptr},
                            {"is_at_least", one.is_at_least}};
        if (one.has_value) object["value"] = one.value / scale;
        all.push_back(std::move(object));
    }
    return all;
}

json::object totals_object(const LoadReport& report)
{
    const LoadRun::Totals& totals = report.totals;
    return {{"planned", totals.planned},
            {"sent", totals.sent},
            {"unsent", totals.unsent},
            {"transactions_planned", report.transactions},
            {"strays", totals.strays},
            {"reconnects", totals.reconnects},
            {"held_longest_us", us(totals.held_longest)},
            {"held_us", us(totals.held)},
            {"held_busy_us", us(totals.held_busy)},
            {"seconds", std::chrono::duration<double>(totals.took).count()},
            {"was_stopped", totals.was_stopped}};
}

json::object verdict_object(const LoadReport& report)
{
    json::array reasons;
    for (const std::string& reason : report.invalid) reasons.push_back(json::string(reason));
    return {{"valid", report.is_valid()},
            {"passed", report.is_valid() && report.passed()},
            {"reasons", std::move(reasons)},
            {"slip_limit_us", us(report.plan.slip_limit)}};
}

json::array changes_array(const LoadReport& report)
{
    json::array all;
    for (const LoadReport::Change& change : report.changes)
        all.push_back(json::object{
            {"at_us", us(change.at)}, {"factor", change.factor}, {"is_paused", change.is_paused}});
    return all;
}

} // namespace

json::object object_of(const LoadRow& row)
{
    json::object response = object_of(row.response);
    response["at_least_us"] = us(row.at_least);
    return {{"second", row.second},
            {"due", row.due},
            {"sent", row.sent},
            {"held", row.held},
            {"answered", row.answered},
            {"declined", row.declined},
            {"unanswered", row.unanswered},
            {"in_flight", row.in_flight},
            {"codes", codes_object(row.codes)},
            {"response", std::move(response)},
            {"service", object_of(row.service)},
            {"slip", object_of(row.slip)}};
}

json::object object_of(const LoadReport& report)
{
    json::array kinds;
    for (const LoadMeasure& kind : report.kinds) kinds.push_back(object_of(kind, report));
    json::array seconds;
    for (const LoadRow& row : report.rows) seconds.push_back(object_of(row));
    return {{"schema", "tollgate/load/1"},
            {"name", report.plan.name},
            {"seed", std::to_string(report.seed)},
            {"schedule", digest_text(report.digest)},
            {"started", moment_text(report.started_us)},
            {"target", report.target},
            {"network", report.plan.network},
            {"connections", report.plan.connections},
            {"in_flight_max", report.plan.in_flight},
            {"arrivals", report.plan.arrivals == Arrivals::poisson ? "poisson" : "constant"},
            {"deadline_us", us(report.plan.deadline)},
            {"mix", mix_array(report.plan)},
            {"verdict", verdict_object(report)},
            {"thresholds", thresholds_array(report.judged)},
            {"totals", totals_object(report)},
            {"total", object_of(report.total.measure, report, With::buckets)},
            {"kinds", std::move(kinds)},
            {"stages", stages_array(report)},
            {"seconds", std::move(seconds)},
            {"changes", changes_array(report)}};
}

} // namespace sim
