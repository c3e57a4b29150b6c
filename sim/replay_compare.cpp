#include "sim/replay_compare.hpp"

#include "codec/decode.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sim {

namespace {

/// Times, STAN, RRN and MAC are those of this run; a card or track may be missing in one of both.
constexpr int differing[] = {2, 7, 11, 12, 13, 15, 16, 17, 35, 37, 53, 64, 90, 128, 192};
constexpr int approval_code = 38;
constexpr int response_code = 39;

std::string code_of(const codec::Message& message)
{
    return message.has(response_code) ? std::string(message.get(response_code)) : "none";
}

bool was_dropped(const CapturedAnswer& then, int de)
{
    const std::string number = std::to_string(de);
    return std::any_of(then.dropped.begin(), then.dropped.end(), [&](const std::string& path) {
        return path == number || path.starts_with(number + ".");
    });
}

/// Empty when the element is the same.
std::string cause_at(int de, const codec::Message& then, const codec::Message& now)
{
    const std::string number = std::to_string(de);
    if (de == approval_code) { // a new one each time; that there is one is what counts
        if (then.get(de).size() == now.get(de).size()) return {};
        return number + ": length " + std::to_string(then.get(de).size()) + " -> " +
               std::to_string(now.get(de).size());
    }
    if (!now.has(de)) return number + ": not there any more";
    if (!then.has(de)) return number + ": was not there";
    return then.get(de) == now.get(de) ? std::string() : number + ": another value";
}

class Judge {
public:
    Judge(const ReplayTraffic& traffic, const ReplayPlan& plan, const SentPlan& sent,
          std::chrono::milliseconds late)
        : traffic_(traffic), plan_(plan), sent_(sent), late_(late)
    {
    }

    [[nodiscard]] ReplayComparison run()
    {
        result_.extra = sent_.strays;
        for (std::size_t i = 0; i < plan_.sends.size(); ++i)
            if (plan_.sends[i].why == PlannedSend::Why::captured) judge(i);
        for (auto& [text, cause] : causes_) result_.causes.push_back(cause);
        std::stable_sort(result_.causes.begin(), result_.causes.end(),
                         [](const auto& a, const auto& b) { return a.count > b.count; });
        return result_;
    }

private:
    void judge(std::size_t i)
    {
        const ReplayRequest& request = traffic_.requests[plan_.sends[i].place];
        const SentMessage& sent = sent_.messages[i];
        const std::string why_none = sent.was_sent ? "no answer" : "not sent: its connection had ended";
        if (!request.answer) {
            ++result_.unanswered_then;
            if (sent.was_sent) return;
            ++result_.unsent_then;
            return note(why_none, request);
        }
        ++result_.requests;
        if (!sent.answer) {
            ++result_.missing;
            return note(why_none, request);
        }
        const auto now = codec::decode(*traffic_.dialect, *sent.answer);
        if (!now) {
            ++result_.unreadable;
            return note("an answer that cannot be read", request);
        }
        const auto causes = causes_of(*request.answer, *now);
        for (const std::string& cause : causes) note(cause, request);
        if (!causes.empty()) {
            ++result_.differ;
        } else if (sent.answered_after > late_) {
            ++result_.late;
            note("late", request);
        } else {
            ++result_.same;
        }
    }

    void note(const std::string& text, const ReplayRequest& request)
    {
        DifferenceCause& cause = causes_[text];
        cause.text = text;
        cause.first = cause.count++ == 0 ? request.number : std::min(cause.first, request.number);
    }

    const ReplayTraffic& traffic_;
    const ReplayPlan& plan_;
    const SentPlan& sent_;
    std::chrono::milliseconds late_;
    ReplayComparison result_;
    std::map<std::string, DifferenceCause> causes_;
};

} // namespace

bool may_differ(int de)
{
    return std::find(std::begin(differing), std::end(differing), de) != std::end(differing);
}

std::vector<std::string> causes_of(const CapturedAnswer& then, const codec::Message& now)
{
    if (code_of(then.message) != code_of(now))
        return {"39: " + code_of(then.message) + " -> " + code_of(now)};
    std::vector<std::string> causes;
    if (then.message.mti() != now.mti()) causes.emplace_back("MTI");
    std::set<int> elements;
    for (const codec::Message* const message : {&then.message, &now})
        for (const int de : message->elements()) elements.insert(de);
    for (const int de : elements) {
        if (may_differ(de) || was_dropped(then, de)) continue;
        if (std::string cause = cause_at(de, then.message, now); !cause.empty())
            causes.push_back(std::move(cause));
    }
    return causes;
}

ReplayComparison compare_answers(const ReplayTraffic& traffic, const ReplayPlan& plan, const SentPlan& sent,
                                 std::chrono::milliseconds late)
{
    return Judge(traffic, plan, sent, late).run();
}

} // namespace sim
