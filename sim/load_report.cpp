#include "sim/load_report.hpp"

#include "sim/rate_text.hpp"

#include <algorithm>
#include <cstdio>

namespace sim {

namespace {

using Time = std::chrono::nanoseconds;

constexpr double shares[] = {0.5, 0.9, 0.99, 0.999, 0.9999};

LoadRow::Times times_of(const Histogram& h)
{
    return {h.quantile(0.5), h.quantile(0.9), h.quantile(0.99), h.quantile(0.999), h.max()};
}

std::string padded(std::string text, std::size_t width)
{
    return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

std::string aligned(const std::string& text, std::size_t width)
{
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

constexpr std::size_t name_width = 16;
constexpr std::size_t cell_width = 11;

/// A row of the table of times; those that unanswered messages are among are marked.
std::string time_line(const std::string& name, const Histogram& histogram, const LoadMeasure* censored,
                      Time deadline)
{
    std::string line = padded("  " + name, name_width);
    const auto cell = [&](Time time) {
        const bool is_more = censored != nullptr && is_at_least(*censored, time, deadline);
        line += aligned((is_more ? ">= " : "") + short_text(time), cell_width);
    };
    for (const double share : shares) cell(histogram.quantile(share));
    cell(histogram.max());
    return line + "\n";
}

/// Why the first two rows differ, when they do.
std::string gap_text(const LoadMeasure& total)
{
    const Time response = total.response.quantile(0.99);
    if (response <= 2 * total.service.quantile(0.99)) return "";
    if (total.slip.quantile(0.99) > response / 2)
        return "  Most of the response time is slip: this machine was too busy to send in time.\n";
    return "  Response time counts from the moment at which a message should have left, service time from "
           "the\n"
           "  moment at which it left. What lies between them a customer waits, too.\n";
}

std::string times_text(const LoadReport& report)
{
    const LoadMeasure& total = report.total.measure;
    std::string text = padded("", name_width);
    for (const char* head : {"p50", "p90", "p99", "p99.9", "p99.99", "max"})
        text += aligned(head, cell_width);
    text += "\n" + time_line("response time", total.response, &total, report.plan.deadline) +
            time_line("service time", total.service, nullptr, report.plan.deadline) +
            time_line("slip", total.slip, nullptr, report.plan.deadline);
    return text + gap_text(total);
}

std::string counts_text(const LoadReport& report)
{
    const LoadMeasure& total = report.total.measure;
    const double seconds = std::chrono::duration<double>(report.totals.took).count();
    const auto sent = static_cast<double>(report.totals.sent);
    const double share = report.totals.planned == 0 ? 0 : sent / static_cast<double>(report.totals.planned);
    std::string text = "  sent " + grouped(report.totals.sent) + " of " + grouped(report.totals.planned) +
                       " messages in " + short_text(report.totals.took) + ": " + rate_text(sent / seconds) +
                       ", " + rate_text(static_cast<double>(report.transactions) * share / seconds) +
                       " transactions\n  recorded " + grouped(total.sent) + ": answered " +
                       grouped(total.answered) + ", declined " + grouped(total.declined) + ", late " +
                       grouped(total.late) + ", unanswered " + grouped(total.unanswered) + ", held " +
                       grouped(total.held) + (total.unsent > 0 ? ", not sent " + grouped(total.unsent) : "") +
                       "\n";
    if (report.totals.held_longest > Time{0})
        text +=
            "  held at most " + short_text(report.totals.held_longest) + " for want of room or connections\n";
    if (report.totals.strays + report.totals.reconnects > 0)
        text += "  answers that nobody waits for " + grouped(report.totals.strays) + ", reconnects " +
                grouped(report.totals.reconnects) + "\n";
    return text;
}

std::string codes_text(const CodeCounts& codes)
{
    std::string text = "  codes";
    for (const auto& [code, count] : codes.sorted())
        text += "  " + (code.empty() ? "none" : code) + " " + grouped(count);
    return text + "\n";
}

std::string measure_line(const LoadMeasure& measure, Time deadline)
{
    std::string line = padded("  " + measure.name, name_width) + aligned(grouped(measure.sent), cell_width) +
                       aligned(grouped(measure.declined), cell_width) +
                       aligned(grouped(measure.unanswered), cell_width);
    for (const double share : {0.5, 0.99, 0.999}) {
        const Time time = measure.response.quantile(share);
        line += aligned((is_at_least(measure, time, deadline) ? ">= " : "") + short_text(time), cell_width);
    }
    return line + "\n";
}

std::string parts_text(const LoadReport& report)
{
    std::string text = padded("", name_width);
    for (const char* head : {"sent", "declined", "unanswered", "p50", "p99", "p99.9"})
        text += aligned(head, cell_width);
    text += "\n";
    for (const LoadMeasure& kind : report.kinds) text += measure_line(kind, report.plan.deadline);
    if (report.stages.size() == 1) return text;
    for (const Measured& stage : report.stages) text += measure_line(stage.measure, report.plan.deadline);
    return text;
}

std::string verdict_text(const LoadReport& report)
{
    std::string text;
    for (const Judged& judged : report.judged)
        text += std::string(judged.passed ? "  ok      " : "  FAILED  ") + padded(judged.threshold.text, 24) +
                "  " +
                (judged.has_value
                     ? (judged.is_at_least ? ">= " : "") + value_text(judged.value, judged.threshold.unit)
                     : "nothing was measured") +
                "\n";
    for (const std::string& reason : report.invalid) text += "  INVALID: " + reason + "\n";
    return text +
           (!report.is_valid() ? "INVALID"
            : report.passed()  ? "passed"
                               : "FAILED") +
           (report.totals.was_stopped ? ", stopped early\n" : "\n");
}

/// A server that holds messages up leaves the generator time.
constexpr double own_share_max = 0.9;
/// So many of the messages have to be held before it counts: the 99th percentile.
constexpr double held_share_min = 0.01;

/// Of the time in which messages were held, the generator worked or waited for a processor.
double own_share(const LoadReport& report)
{
    const LoadMeasure& total = report.total.measure;
    const auto held = static_cast<double>(total.held + total.unsent);
    const auto all = static_cast<double>(total.sent + total.unsent);
    if (report.totals.held <= Time{0} || held < held_share_min * all) return 0;
    return std::chrono::duration<double>(report.totals.held_busy) / report.totals.held;
}

std::string at_least_text(const LoadRow& row, Time time)
{
    return (row.at_least && time >= *row.at_least ? ">= " : "") + short_text(time);
}

} // namespace

LoadRow::LoadRow(const LoadSecond& from, std::chrono::nanoseconds deadline)
    : second(from.second), due(from.due), sent(from.seen.sent), held(from.seen.held),
      answered(from.seen.answered), declined(from.seen.declined), unanswered(from.seen.unanswered),
      at_least(at_least_from(from.seen, deadline)), in_flight(from.in_flight),
      codes(from.seen.codes.sorted()), response(times_of(from.seen.response)),
      service(times_of(from.seen.service)), slip(times_of(from.seen.slip))
{
}

bool LoadReport::passed() const
{
    return std::all_of(judged.begin(), judged.end(), [](const Judged& j) { return j.passed; });
}

void judge(LoadReport& report)
{
    for (const Threshold& threshold : report.plan.thresholds)
        report.judged.push_back(judge(threshold, report.total, report.stages, report.plan.deadline));
    const Time slip = report.total.measure.slip.quantile(0.99);
    if (slip > report.plan.slip_limit)
        report.invalid.push_back("the generator was late: slip p99 " + short_text(slip) + ", limit " +
                                 short_text(report.plan.slip_limit));
    if (const double share = own_share(report); share > own_share_max)
        report.invalid.push_back("the generator was at work for " + percent_text(share) +
                                 " of the time in which messages were held: it is the limit, not the server");
    if (report.totals.was_lost)
        report.invalid.push_back(
            "the server was gone: " + grouped(report.totals.planned - report.totals.sent) +
            " messages were not sent");
    if (report.totals.sent == 0) report.invalid.emplace_back("nothing was sent");
}

std::string digest_text(std::uint64_t digest)
{
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(digest));
    return text;
}

std::string text_of(const LoadReport& report)
{
    return report.plan.name + "  seed " + std::to_string(report.seed) + "  schedule " +
           digest_text(report.digest) + "\n  " + report.plan.network + " on " + report.target + ", " +
           std::to_string(report.plan.connections) + " connections, deadline " +
           short_text(report.plan.deadline) + "\n" + counts_text(report) + times_text(report) +
           codes_text(report.total.measure.codes) + parts_text(report) + verdict_text(report);
}

std::string progress_text(const LoadRow& row, const std::string& stage)
{
    return stage + " " + std::to_string(row.second + 1) + " s · sent " +
           rate_text(static_cast<double>(row.sent)) + " answered " +
           rate_text(static_cast<double>(row.answered)) + " in flight " + grouped(row.in_flight) + " · p50 " +
           at_least_text(row, row.response.p50) + " p99 " + at_least_text(row, row.response.p99) + " max " +
           at_least_text(row, row.response.max) + " · declined " + grouped(row.declined) + " unanswered " +
           grouped(row.unanswered) + " · slip p99 " + short_text(row.slip.p99);
}

} // namespace sim
