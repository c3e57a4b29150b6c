#include "sim/verdict.hpp"

#include "sim/rate_text.hpp"

#include <regex>
#include <stdexcept>

namespace sim {

namespace {

using Of = Threshold::Of;
using Unit = Threshold::Unit;
using Is = Threshold::Is;

[[noreturn]] void refuse(const std::string& text)
{
    throw std::invalid_argument(
        "\"" + text +
        "\" is no threshold: p99<50ms, steady.service.p99.9<=1s, max<2s, slip.p99<1ms, "
        "declined<1%, late=0, unanswered=0, code.91<0.1% and rate>=1900/s are");
}

/// "p99" is 0.99, "p99.9" and "p999" are 0.999.
double share_of(std::string digits, const std::string& text)
{
    if (digits == "100") return 1;
    if (digits.size() > 2 && digits[0] == '9' && digits.find('.') == std::string::npos) digits.insert(2, ".");
    const auto percent = parse_number(digits);
    if (!percent || *percent > 100) refuse(text);
    return *percent / 100;
}

void read_metric(const std::string& word, Threshold& made)
{
    if (word[0] == 'p') {
        made.of = Of::quantile;
        made.share = share_of(word.substr(1), made.text);
    } else if (word.starts_with("code.")) {
        made.of = Of::code;
        made.code = word.substr(5);
    } else {
        constexpr std::pair<const char*, Of> names[] = {{"mean", Of::mean},
                                                        {"max", Of::max},
                                                        {"declined", Of::declined},
                                                        {"late", Of::late},
                                                        {"unanswered", Of::unanswered},
                                                        {"held", Of::held},
                                                        {"rate", Of::rate}};
        for (const auto& [name, of] : names)
            if (word == name) made.of = of;
    }
}

bool is_time(Of of)
{
    return of == Of::quantile || of == Of::mean || of == Of::max;
}

Is relation_of(const std::string& sign)
{
    if (sign == "<") return Is::below;
    if (sign == "<=") return Is::at_most;
    if (sign == ">") return Is::above;
    if (sign == ">=") return Is::at_least;
    return Is::equal;
}

void read_limit(const std::string& word, Threshold& made)
{
    if (is_time(made.of)) {
        const auto time = parse_time(word);
        if (!time) refuse(made.text);
        made.unit = Unit::time;
        made.limit = static_cast<double>(time->count());
        return;
    }
    const bool is_share = word.ends_with('%') && made.of != Of::rate;
    const auto number =
        made.of == Of::rate ? parse_rate(word) : parse_number(word.substr(0, word.size() - is_share));
    if (!number) refuse(made.text);
    made.unit = made.of == Of::rate ? Unit::per_second : is_share ? Unit::share : Unit::count;
    made.limit = is_share ? *number / 100 : *number;
}

const Histogram& histogram_of(const LoadMeasure& measure, Threshold::Clock clock)
{
    if (clock == Threshold::Clock::service) return measure.service;
    return clock == Threshold::Clock::slip ? measure.slip : measure.response;
}

std::chrono::nanoseconds time_of(const Threshold& threshold, const Histogram& histogram)
{
    if (threshold.of == Of::mean) return histogram.mean();
    if (threshold.of == Of::max) return histogram.max();
    return histogram.quantile(threshold.share);
}

std::uint64_t count_of(const Threshold& threshold, const LoadMeasure& measure)
{
    switch (threshold.of) {
    case Of::declined:
        return measure.declined;
    case Of::late:
        return measure.late;
    case Of::unanswered:
        return measure.unanswered;
    case Of::held:
        return measure.held;
    case Of::code:
        return measure.codes.of(threshold.code);
    default:
        return measure.answered;
    }
}

bool holds(Is is, double value, double limit)
{
    switch (is) {
    case Is::below:
        return value < limit;
    case Is::at_most:
        return value <= limit;
    case Is::equal:
        return value == limit;
    case Is::at_least:
        return value >= limit;
    case Is::above:
        return value > limit;
    }
    return false;
}

/// What is at least so much can only be proven to be above.
bool is_proven(const Judged& judged)
{
    const Is is = judged.threshold.is;
    if (!judged.has_value) return false;
    if (judged.is_at_least && is != Is::above && is != Is::at_least) return false;
    return holds(is, judged.value, judged.threshold.limit);
}

void measure_time(Judged& judged, const LoadMeasure& measure, std::chrono::nanoseconds deadline)
{
    const Threshold& threshold = judged.threshold;
    const Histogram& histogram = histogram_of(measure, threshold.clock);
    const auto time = time_of(threshold, histogram);
    judged.has_value = histogram.count() > 0;
    judged.value = static_cast<double>(time.count());
    if (threshold.clock != Threshold::Clock::response) return;
    judged.is_at_least =
        threshold.of == Of::mean ? measure.unanswered > 0 : is_at_least(measure, time, deadline);
}

void measure_count(Judged& judged, const Measured& measured)
{
    judged.has_value = measured.measure.sent > 0;
    judged.value = static_cast<double>(count_of(judged.threshold, measured.measure));
    const auto sent = static_cast<double>(measured.measure.sent);
    if (judged.threshold.unit == Unit::share) judged.value /= sent > 0 ? sent : 1;
    const double seconds = std::chrono::duration<double>(measured.lasts).count();
    if (judged.threshold.unit == Unit::per_second) judged.value /= seconds > 0 ? seconds : 1;
}

const Measured& chosen(const Threshold& threshold, const Measured& all, const std::vector<Measured>& stages)
{
    if (threshold.stage.empty()) return all;
    for (const Measured& stage : stages)
        if (stage.measure.name == threshold.stage) return stage;
    throw std::invalid_argument("threshold \"" + threshold.text + "\": no stage is named \"" +
                                threshold.stage + "\"");
}

} // namespace

Threshold parse_threshold(const std::string& text)
{
    static const std::regex shape(R"(\s*(?:([A-Za-z_][\w-]*)\.)??(?:(response|service|slip)\.)?)"
                                  R"((p\d+(?:\.\d+)?|mean|max|declined|late|unanswered|held|rate|code\.\w\w))"
                                  R"(\s*(<=|>=|<|>|==|=)\s*(\S+)\s*)");
    std::smatch found;
    Threshold made;
    made.text = text;
    if (!std::regex_match(text, found, shape)) refuse(text);
    made.stage = found[1];
    if (found[2] == "service") made.clock = Threshold::Clock::service;
    if (found[2] == "slip") made.clock = Threshold::Clock::slip;
    read_metric(found[3], made);
    const bool has_clock =
        found[2].matched || made.stage == "response" || made.stage == "service" || made.stage == "slip";
    if (has_clock && !is_time(made.of)) refuse(text);
    made.is = relation_of(found[4]);
    read_limit(found[5], made);
    return made;
}

bool is_at_least(const LoadMeasure& measure, std::chrono::nanoseconds told, std::chrono::nanoseconds deadline)
{
    return measure.unanswered > 0 && told >= deadline;
}

Judged judge(const Threshold& threshold, const Measured& all, const std::vector<Measured>& stages,
             std::chrono::nanoseconds deadline)
{
    Judged judged;
    judged.threshold = threshold;
    const Measured& measured = chosen(threshold, all, stages);
    if (is_time(threshold.of))
        measure_time(judged, measured.measure, deadline);
    else
        measure_count(judged, measured);
    judged.passed = is_proven(judged);
    return judged;
}

std::string value_text(double value, Threshold::Unit unit)
{
    switch (unit) {
    case Unit::time:
        return short_text(std::chrono::nanoseconds(static_cast<std::int64_t>(value)));
    case Unit::share:
        return percent_text(value);
    case Unit::count:
        return grouped(static_cast<std::uint64_t>(value));
    case Unit::per_second:
        return rate_text(value);
    }
    return {};
}

} // namespace sim
