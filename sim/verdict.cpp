#include "sim/verdict.hpp"

#include "sim/rate_text.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string_view>

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

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/// Letters, digits and "_".
bool is_of_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// "99", "99.9".
bool is_decimal(std::string_view text)
{
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view behind = text.substr(std::min(point + 1, text.size()));
    return point > 0 && (point == text.size() || !behind.empty()) &&
           std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(point), is_digit) &&
           std::all_of(behind.begin(), behind.end(), is_digit);
}

/// returns  false when the word is none
bool read_metric(std::string_view word, Threshold& made)
{
    constexpr std::string_view code = "code.";
    constexpr std::pair<std::string_view, Of> names[] = {{"mean", Of::mean},
                                                         {"max", Of::max},
                                                         {"declined", Of::declined},
                                                         {"late", Of::late},
                                                         {"unanswered", Of::unanswered},
                                                         {"held", Of::held},
                                                         {"rate", Of::rate}};
    if (word.starts_with('p') && is_decimal(word.substr(1))) {
        made.of = Of::quantile;
        made.share = share_of(std::string(word.substr(1)), made.text);
        return true;
    }
    if (word.starts_with(code) && word.size() == code.size() + 2 &&
        std::all_of(word.end() - 2, word.end(), is_of_word)) {
        made.of = Of::code;
        made.code = word.substr(code.size());
        return true;
    }
    for (const auto& [name, of] : names) {
        if (word != name) continue;
        made.of = of;
        return true;
    }
    return false;
}

/// Takes the part before the first dot off the word; empty when there is no dot.
std::string_view take_part(std::string_view& word)
{
    const std::size_t dot = word.find('.');
    if (dot == std::string_view::npos) return {};
    const std::string_view part = word.substr(0, dot);
    word.remove_prefix(dot + 1);
    return part;
}

std::optional<Threshold::Clock> clock_named(std::string_view name)
{
    if (name == "response") return Threshold::Clock::response;
    if (name == "service") return Threshold::Clock::service;
    if (name == "slip") return Threshold::Clock::slip;
    return std::nullopt;
}

bool is_stage_name(std::string_view name)
{
    return !name.empty() && is_of_word(name[0]) && !is_digit(name[0]) &&
           std::all_of(name.begin(), name.end(), [](char c) { return is_of_word(c) || c == '-'; });
}

bool is_time(Of of)
{
    return of == Of::quantile || of == Of::mean || of == Of::max;
}

/// "[STAGE.][CLOCK.]METRIC"; a metric may have a dot of its own.
void read_measure(std::string_view word, Threshold& made)
{
    if (read_metric(word, made)) return;
    std::string_view part = take_part(word);
    auto clock = clock_named(part);
    if (!clock || !read_metric(word, made)) {
        if (!is_stage_name(part)) refuse(made.text);
        made.stage = part;
        clock.reset();
        if (read_metric(word, made)) return;
        clock = clock_named(take_part(word));
        if (!clock || !read_metric(word, made)) refuse(made.text);
    }
    if (!is_time(made.of)) refuse(made.text);
    made.clock = *clock;
}

/// Takes the relation off the begin of the text, which has one.
Is take_relation(std::string_view& text)
{
    constexpr std::pair<std::string_view, Is> signs[] = {{"<=", Is::at_most}, {">=", Is::at_least},
                                                         {"==", Is::equal},   {"<", Is::below},
                                                         {">", Is::above},    {"=", Is::equal}};
    const auto* const found = std::find_if(std::begin(signs), std::end(signs),
                                           [&](const auto& sign) { return text.starts_with(sign.first); });
    text.remove_prefix(found->first.size());
    return found->second;
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\n\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
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
        return measure.came;
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
    const std::uint64_t due = measured.measure.sent + measured.measure.unsent;
    judged.has_value = due > 0;
    judged.value = static_cast<double>(count_of(judged.threshold, measured.measure));
    if (judged.threshold.unit == Unit::share) judged.value /= due > 0 ? static_cast<double>(due) : 1;
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
    const std::size_t relation = text.find_first_of("<>=");
    if (relation == std::string::npos) refuse(text);
    Threshold made;
    made.text = text;
    read_measure(trimmed(std::string_view(text).substr(0, relation)), made);
    std::string_view rest = std::string_view(text).substr(relation);
    made.is = take_relation(rest);
    read_limit(std::string(trimmed(rest)), made);
    return made;
}

std::optional<std::chrono::nanoseconds> at_least_from(const LoadMeasure& measure,
                                                      std::chrono::nanoseconds deadline)
{
    return measure.unanswered > 0 ? std::optional(deadline) : std::nullopt;
}

bool is_at_least(const LoadMeasure& measure, std::chrono::nanoseconds told, std::chrono::nanoseconds deadline)
{
    const auto from = at_least_from(measure, deadline);
    return from && told >= *from;
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
