#include "sim/replay_report.hpp"

#include "codec/describe.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace sim {

namespace json = boost::json;

namespace {

constexpr std::size_t causes_shown = 20;
constexpr std::size_t numbers_shown = 10;

std::uint64_t number_at(const ReplayTraffic& traffic, std::size_t place)
{
    return traffic.requests[place].number;
}

/// Numbers of records of the capture: "#4 #17 and 12 more".
std::string numbers_of(const ReplayTraffic& traffic, const std::vector<std::size_t>& places)
{
    std::string text;
    for (std::size_t i = 0; i < places.size() && i < numbers_shown; ++i)
        text += (i == 0 ? "#" : " #") + std::to_string(number_at(traffic, places[i]));
    if (places.size() > numbers_shown)
        text += " and " + std::to_string(places.size() - numbers_shown) + " more";
    return text;
}

std::vector<std::size_t> duplicates_of(const ReplayPlan& plan)
{
    std::vector<std::size_t> places;
    for (const PlannedSend& send : plan.sends)
        if (send.why == PlannedSend::Why::duplicate) places.push_back(send.place);
    return places;
}

/// What the plan did to the capture, a line each; nothing of what did not happen.
std::string changes_of(const ReplayTraffic& traffic, const ReplayPlan& plan)
{
    std::string text;
    const auto add = [&](std::string_view what, const std::vector<std::size_t>& places) {
        if (places.empty()) return;
        text += std::string(what) + ": " + std::to_string(places.size()) + ": " +
                numbers_of(traffic, places) + "\n";
    };
    add("dropped", plan.dropped);
    add("doubled", duplicates_of(plan));
    add("groups too large to explore", plan.too_large);
    return text;
}

std::string left_out_of(const ReplayTraffic& traffic)
{
    if (traffic.unread + traffic.answers_alone + traffic.from_server == 0) return {};
    return "not replayed: " + std::to_string(traffic.unread) + " unreadable, " +
           std::to_string(traffic.answers_alone) + " answers to nothing, " +
           std::to_string(traffic.from_server) + " of the server's own requests and their answers\n";
}

std::string comparison_text(const ReplayComparison& c)
{
    std::string text = std::to_string(c.requests) + " compared · " + std::to_string(c.same) + " same · " +
                       std::to_string(c.differ) + " differ · " + std::to_string(c.missing) + " missing · " +
                       std::to_string(c.late) + " late · " + std::to_string(c.unreadable) + " unreadable · " +
                       std::to_string(c.extra) + " extra\n";
    if (c.unanswered_then > 0) text += std::to_string(c.unanswered_then) + " had no answer in the capture\n";
    if (c.requests == 0) text += "NOTHING was compared: that says nothing\n";
    for (std::size_t i = 0; i < c.causes.size() && i < causes_shown; ++i) {
        const DifferenceCause& cause = c.causes[i];
        text += "  " + cause.text + std::string(cause.text.size() < 32 ? 32 - cause.text.size() : 1, ' ') +
                std::to_string(cause.count) + "  first #" + std::to_string(cause.first) + "\n";
    }
    if (c.causes.size() > causes_shown)
        text += "  and " + std::to_string(c.causes.size() - causes_shown) + " causes more\n";
    return text;
}

json::object object_of(const ReplayComparison& c)
{
    json::array causes;
    for (const DifferenceCause& cause : c.causes)
        causes.push_back({{"cause", cause.text}, {"count", cause.count}, {"first", cause.first}});
    return {{"compared", c.requests},
            {"same", c.same},
            {"differ", c.differ},
            {"missing", c.missing},
            {"late", c.late},
            {"unreadable", c.unreadable},
            {"extra", c.extra},
            {"unanswered_in_capture", c.unanswered_then},
            {"causes", std::move(causes)}};
}

json::array array_of(const ReplayTraffic& traffic, const std::vector<std::size_t>& places)
{
    json::array numbers;
    for (const std::size_t place : places) numbers.push_back(number_at(traffic, place));
    return numbers;
}

} // namespace

std::size_t ReplayReport::answered() const
{
    return static_cast<std::size_t>(std::count_if(sent.messages.begin(), sent.messages.end(),
                                                  [](const SentMessage& m) { return m.answer.has_value(); }));
}

std::size_t ReplayReport::unsent() const
{
    return static_cast<std::size_t>(std::count_if(sent.messages.begin(), sent.messages.end(),
                                                  [](const SentMessage& m) { return !m.was_sent; }));
}

std::chrono::microseconds ReplayReport::slip(double part) const
{
    std::vector<Clock::duration> slips;
    for (const SentMessage& message : sent.messages)
        if (message.was_sent) slips.push_back(message.slip);
    if (slips.empty()) return std::chrono::microseconds{0};
    std::sort(slips.begin(), slips.end());
    const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(slips.size())));
    return std::chrono::duration_cast<std::chrono::microseconds>(slips[std::max<std::size_t>(rank, 1) - 1]);
}

bool ReplayReport::is_invalid() const
{
    return is_scheduled && slip(0.99) > slip_limit;
}

void write_plan(std::ostream& out, const ReplayTraffic& traffic, const ReplayPlan& plan,
                std::span<const codec::Message> messages, std::uint64_t seed)
{
    out << "seed " << seed << "\n"
        << plan.sends.size() << " messages in " << plan.duration().count() << " us, "
        << traffic.groups().size() << " groups\n"
        << changes_of(traffic, plan) << left_out_of(traffic);
    for (std::size_t i = 0; i < plan.sends.size(); ++i) {
        const PlannedSend& send = plan.sends[i];
        const ReplayRequest& request = traffic.requests[send.place];
        out << i + 1 << " " << send.at.count() << " us, connection " << request.connection << ", #"
            << request.number;
        if (send.copy > 0) out << " copy " << send.copy;
        if (send.why == PlannedSend::Why::duplicate) out << " again";
        out << ": " << codec::describe_line(*traffic.dialect, messages[i]) << "\n";
    }
}

std::string text_of(const ReplayReport& report)
{
    std::string text = "seed " + std::to_string(report.seed) + "\n" +
                       changes_of(report.traffic, report.plan) + left_out_of(report.traffic);
    text += std::to_string(report.plan.sends.size()) + " messages · " + std::to_string(report.answered()) +
            " answered · " + std::to_string(report.unsent()) + " not sent · " +
            std::to_string(report.sent.strays) + " answers to nothing · " +
            std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(report.sent.took).count()) +
            " ms\n";
    if (report.sent.lost_connections > 0)
        text += std::to_string(report.sent.lost_connections) + " connections lost\n";
    if (report.is_scheduled)
        text += "slip: half within " + std::to_string(report.slip(0.5).count()) + " us, 99 of 100 within " +
                std::to_string(report.slip(0.99).count()) + " us, all within " +
                std::to_string(report.slip(1).count()) + " us\n";
    if (report.comparison) text += comparison_text(*report.comparison);
    if (report.is_invalid())
        text += "INVALID: the schedule was not kept; 99 of 100 should leave within " +
                std::to_string(report.slip_limit.count()) + " us\n";
    return text;
}

std::string json_of(const ReplayReport& report)
{
    json::object object{
        {"schema", "tollgate/replay/1"},
        {"seed", std::to_string(report.seed)},
        {"messages", report.plan.sends.size()},
        {"answered", report.answered()},
        {"unsent", report.unsent()},
        {"strays", report.sent.strays},
        {"lost_connections", report.sent.lost_connections},
        {"dropped", array_of(report.traffic, report.plan.dropped)},
        {"doubled", array_of(report.traffic, duplicates_of(report.plan))},
        {"took_us", std::chrono::duration_cast<std::chrono::microseconds>(report.sent.took).count()}};
    if (report.is_scheduled)
        object["slip_us"] = {{"p50", report.slip(0.5).count()},
                             {"p99", report.slip(0.99).count()},
                             {"max", report.slip(1).count()}};
    object["verdict"] = report.is_invalid() ? "invalid" : "valid";
    if (report.comparison) object["comparison"] = object_of(*report.comparison);
    return json::serialize(object) + "\n";
}

} // namespace sim
