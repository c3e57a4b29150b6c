#include "sim/replay_command.hpp"
#include "sim/replay_compare.hpp"
#include "sim/replay_report.hpp"
#include "sim/replay_send.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/replay_capture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

using namespace sim;
using test::ReplayCapture;

namespace {

/// Answers as told, and remembers what came.
class Scene {
public:
    using Answer = test::FakeHost::Answer;

    explicit Scene(const ReplayTraffic& traffic, Answer answer = approve)
        : traffic_(traffic), answer_(std::move(answer)),
          host_(*traffic.dialect, [this](const codec::Message& request) { return take(request); })
    {
        options.targets = {host_.address("one")};
        options.wait = std::chrono::milliseconds{200};
    }

    static std::optional<codec::Message> approve(const codec::Message& request)
    {
        codec::Message reply = request;
        reply.set_mti(codec::answer_to(request.mti()));
        reply.set(39, "00");
        return reply;
    }

    SentPlan send(const PlanOptions& planned)
    {
        plan = plan_replay(traffic_, planned);
        std::vector<codec::Message> messages;
        for (const PlannedSend& send : plan.sends) messages.push_back(traffic_.requests[send.place].message);
        return send_plan(traffic_, plan, messages, planned, options);
    }

    /// MTI and STAN of all that came.
    [[nodiscard]] std::vector<std::string> seen() const
    {
        const std::lock_guard lock(mutex_);
        return seen_;
    }

    SendOptions options;
    ReplayPlan plan;

private:
    std::optional<codec::Message> take(const codec::Message& request)
    {
        {
            const std::lock_guard lock(mutex_);
            seen_.push_back(std::string(request.mti().text()) + " " + std::string(request.get(11)));
        }
        return answer_(request);
    }

    const ReplayTraffic& traffic_;
    Answer answer_;
    mutable std::mutex mutex_;
    std::vector<std::string> seen_;
    test::FakeHost host_; ///< last: it answers as long as it lives
};

PlanOptions at_max(ReplayOrder order = ReplayOrder::captured)
{
    PlanOptions planned;
    planned.timing.kind = ReplayTiming::Kind::max;
    planned.order = order;
    return planned;
}

/// A sale and its reversal, another sale; all answered with 00.
ReplayCapture three_messages()
{
    ReplayCapture made;
    const auto first = made.sale("000001");
    made.answer(first, "00");
    made.answer(made.reversal(first), "00");
    made.answer(made.sale("000002"), "00");
    return made;
}

} // namespace

TEST_CASE("a plan is sent in its order, and every answer finds its message")
{
    const ReplayTraffic traffic = three_messages().traffic();
    Scene scene(traffic);
    const SentPlan sent = scene.send(at_max(ReplayOrder::reversal_first));
    CHECK(scene.seen() == std::vector<std::string>{"0420 000001", "0200 000001", "0200 000002"});
    for (const SentMessage& message : sent.messages) CHECK(message.answer);
    CHECK(sent.strays == 0);
    CHECK(compare_answers(traffic, scene.plan, sent, std::chrono::seconds{30}).same == 3);
}

TEST_CASE("messages leave at their times, and not before")
{
    const ReplayTraffic traffic = three_messages().traffic();
    Scene scene(traffic);
    PlanOptions planned;
    planned.timing = ReplayTiming::parse("x100");
    const SentPlan sent = scene.send(planned);
    CHECK(sent.took >= std::chrono::milliseconds{40}); // four seconds of the capture
    for (const SentMessage& message : sent.messages) {
        CHECK(message.slip >= Clock::duration{0});
        CHECK(message.answered_after > message.slip);
    }
}

TEST_CASE("silence is a missing answer, and the next message goes on its way")
{
    const ReplayTraffic traffic = three_messages().traffic();
    Scene scene(traffic, [](const codec::Message& request) {
        return request.mti().message_class() == '4' ? std::nullopt : Scene::approve(request);
    });
    scene.options.in_flight = 1;
    const SentPlan sent = scene.send(at_max());
    CHECK(scene.seen().size() == 3);
    CHECK(sent.messages[1].was_sent);
    CHECK_FALSE(sent.messages[1].answer);
    CHECK(sent.messages[2].answer);
    const auto compared = compare_answers(traffic, scene.plan, sent, std::chrono::seconds{30});
    CHECK(compared.missing == 1);
    CHECK(compared.causes[0].text == "no answer");
    CHECK(compared.causes[0].first == 3);
}

TEST_CASE("what is left of an ended connection is not sent, and said so")
{
    const ReplayTraffic traffic = three_messages().traffic();
    Scene scene(traffic, [](const codec::Message&) {
        codec::Message unwritable(*codec::Mti::parse("0210"));
        unwritable.set(39, "a code that is too long"); // the host closes the connection
        return std::optional(unwritable);
    });
    scene.options.in_flight = 1;
    const SentPlan sent = scene.send(at_max());
    CHECK(sent.lost_connections == 1);
    CHECK(sent.messages[0].was_sent);
    CHECK_FALSE(sent.messages[2].was_sent);
    CHECK(compare_answers(traffic, scene.plan, sent, std::chrono::seconds{30}).missing == 3);
    const ReplayReport report{.traffic = traffic, .plan = scene.plan, .sent = sent};
    CHECK(text_of(report).find("\n1 connections lost\n") != std::string::npos);
    CHECK(json_of(report).find(R"("lost_connections":1,)") != std::string::npos);
}

TEST_CASE("a comparison of nothing is no success, and neither is one with messages that never left")
{
    ReplayCapture unanswered;
    unanswered.sale("000001");
    unanswered.sale("000002");
    const ReplayTraffic traffic = unanswered.traffic();
    Scene scene(traffic);
    const SentPlan sent = scene.send(at_max());
    const auto nothing = compare_answers(traffic, scene.plan, sent, std::chrono::seconds{30});
    CHECK(nothing.unanswered_then == 2);
    CHECK_FALSE(nothing.is_same());

    ReplayCapture half;
    half.answer(half.sale("000001"), "00");
    half.sale("000002");
    const ReplayTraffic answered_once = half.traffic();
    Scene other(answered_once);
    SentPlan cut = other.send(at_max());
    CHECK(compare_answers(answered_once, other.plan, cut, std::chrono::seconds{30}).is_same());
    cut.messages[1] = {}; // as behind the end of its connection
    const auto unsent = compare_answers(answered_once, other.plan, cut, std::chrono::seconds{30});
    CHECK(unsent.unsent_then == 1);
    CHECK_FALSE(unsent.is_same());
}

TEST_CASE("an answer to nothing is a stray, and an echo of the server is answered")
{
    const ReplayTraffic traffic = three_messages().traffic();
    Scene scene(traffic, [](const codec::Message& request) {
        auto reply = *Scene::approve(request);
        if (request.mti().text() == "0420") reply.set(11, "999999");
        if (request.get(11) == "000002") reply.set_mti(*codec::Mti::parse("0800"));
        if (request.mti().text() == "0810") return std::optional<codec::Message>();
        return std::optional(reply);
    });
    const SentPlan sent = scene.send(at_max());
    CHECK(sent.strays == 1);
    CHECK_FALSE(sent.messages[2].answer);
    CHECK(std::ranges::count(scene.seen(), "0810 000002") == 1);
}

TEST_CASE("an option that would do nothing is refused, before the capture is read")
{
    struct Row {
        const char* name;
        void (*give)(ReplayOptions&);
    };
    const Row rows[] = {
        {"--target", [](ReplayOptions& o) { o.targets = {"127.0.0.1:1"}; }},
        {"--timing", [](ReplayOptions& o) { o.timing = "max"; }},
        {"--order", [](ReplayOptions& o) { o.order = "shuffle"; }},
        {"--drop", [](ReplayOptions& o) { o.drop = 0.5; }},
        {"--duplicate", [](ReplayOptions& o) { o.duplicate = 0.5; }},
        {"--compare", [](ReplayOptions& o) { o.compares = true; }},
        {"--dry-run", [](ReplayOptions& o) { o.only_plan = true; }},
        {"--json", [](ReplayOptions& o) { o.wants_json = true; }},
    };
    std::ostringstream out;
    for (const Row& row : rows) {
        ReplayOptions options;
        options.capture = "/no such folder/shop.jsonl";
        options.order_check = 1;
        row.give(options);
        CHECK_THROWS_WITH_AS((void)run_replay(options, out, out),
                             (std::string("--order-check does not go with ") + row.name).c_str(),
                             std::invalid_argument);
    }
    ReplayOptions keeps;
    keeps.keep = "card";
    keeps.only_plan = true;
    CHECK_THROWS_AS((void)run_replay(keeps, out, out), std::invalid_argument);

    const std::pair<const char*, void (*)(ReplayOptions&)> unused[] = {
        {"--in-flight is for --timing max", [](ReplayOptions& o) { o.in_flight = 1; }},
        {"--max-gap is for --timing original and xN",
         [](ReplayOptions& o) {
             o.timing = "100/s";
             o.max_gap = "1s";
         }},
        {"--slip-limit is for a --timing that has times",
         [](ReplayOptions& o) {
             o.timing = "max";
             o.slip_limit = "1s";
         }},
        {"--explore-max is for --order explore", [](ReplayOptions& o) { o.explore_max = 6; }},
        {"--books is for --order-check", [](ReplayOptions& o) { o.books = "postgres"; }},
    };
    for (const auto& [why, give] : unused) {
        ReplayOptions options;
        options.capture = "/no such folder/shop.jsonl";
        options.only_plan = true;
        give(options);
        CHECK_THROWS_WITH_AS((void)run_replay(options, out, out), why, std::invalid_argument);
    }
}

TEST_CASE("a target that is not there is told")
{
    const ReplayTraffic traffic = three_messages().traffic();
    SendOptions options;
    {
        const Scene gone(traffic);
        options.targets = gone.options.targets;
    }
    const PlanOptions planned = at_max();
    const ReplayPlan plan = plan_replay(traffic, planned);
    const std::vector<codec::Message> messages(3, traffic.requests[0].message);
    CHECK_THROWS_AS((void)send_plan(traffic, plan, messages, planned, options), WireError);
}

TEST_CASE("answers differ by what they mean, and each difference has its cause")
{
    codec::Message then(*codec::Mti::parse("0210"));
    for (const auto& [de, value] : {std::pair{2, "4000001234560002"},
                                    {4, "000000001000"},
                                    {7, "0302091500"},
                                    {11, "000001"},
                                    {37, "306109000001"},
                                    {38, "A00001"},
                                    {39, "00"},
                                    {49, "392"}})
        then.set(de, value);
    struct Row {
        const char* name;
        int de;
        const char* value; ///< null: the element is gone
        std::vector<std::string> expected;
    };
    const Row rows[] = {
        {"the same", 39, "00", {}},
        {"another code", 39, "51", {"39: 00 -> 51"}},
        {"no code", 39, nullptr, {"39: 00 -> none"}},
        {"another approval code", 38, "B12345", {}},
        {"no approval code", 38, nullptr, {"38: length 6 -> 0"}},
        {"another amount", 4, "000000000800", {"4: another value"}},
        {"no amount", 4, nullptr, {"4: not there any more"}},
        {"balances that were not there", 54, "1002392C000000001000", {"54: was not there"}},
        {"another STAN", 11, "000009", {}},
        {"another time", 7, "0303091500", {}},
        {"another RRN", 37, "000000000001", {}},
        {"no card", 2, nullptr, {}},
        {"what the capture dropped", 55, "9F3601AB", {}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        codec::Message now = then;
        if (row.value == nullptr)
            now.erase(row.de);
        else
            now.set(row.de, row.value);
        CHECK(causes_of({1, {}, then, {"55.9F36"}}, now) == row.expected);
    }
    codec::Message declined = then;
    declined.set(39, "51");
    declined.erase(38);
    CHECK(causes_of({1, {}, then, {}}, declined).size() == 1); // the rest follows from the code
}

TEST_CASE("causes are counted, the biggest first, and lateness is one")
{
    ReplayCapture made;
    for (int i = 0; i < 5; ++i) made.answer(made.sale("00000" + std::to_string(i)), i == 0 ? "51" : "00");
    made.sale("000009"); // without an answer in the capture
    const ReplayTraffic traffic = made.traffic();
    Scene scene(traffic, [](const codec::Message& request) {
        auto reply = *Scene::approve(request);
        if (request.get(11) > "000001") reply.set(39, "91");
        return std::optional(reply);
    });
    const SentPlan sent = scene.send(at_max());
    const auto compared = compare_answers(traffic, scene.plan, sent, std::chrono::milliseconds{0});
    CHECK(compared.requests == 5);
    CHECK(compared.unanswered_then == 1);
    CHECK(compared.differ == 4);
    CHECK(compared.late == 1);
    REQUIRE(compared.causes.size() == 3);
    CHECK(compared.causes[0].text == "39: 00 -> 91");
    CHECK(compared.causes[0].count == 3);
    CHECK(compared.causes[0].first == 5);
    CHECK_FALSE(compared.is_same());
}

TEST_CASE("a run whose messages left late is invalid, and one at full speed has no schedule to keep")
{
    const ReplayTraffic traffic = three_messages().traffic();
    ReplayPlan plan;
    plan.sends.assign(100, PlannedSend{});
    SentPlan sent;
    for (int i = 0; i < 100; ++i) sent.messages.push_back({.was_sent = true});
    ReplayReport report{.traffic = traffic, .plan = plan, .sent = sent, .seed = 7};
    report.slip_limit = std::chrono::milliseconds{100};
    report.is_scheduled = true;
    sent.messages[3].slip = std::chrono::milliseconds{200};
    CHECK_FALSE(report.is_invalid());
    CHECK(report.slip(1) == std::chrono::milliseconds{200});
    sent.messages[4].slip = std::chrono::milliseconds{101};
    CHECK(report.is_invalid());
    CHECK(text_of(report).find("INVALID") != std::string::npos);
    CHECK(json_of(report).find("\"verdict\":\"invalid\"") != std::string::npos);
    report.is_scheduled = false;
    CHECK_FALSE(report.is_invalid());
}

TEST_CASE("one late message is too many where it is more than one of a hundred")
{
    const ReplayTraffic traffic = three_messages().traffic();
    const ReplayPlan plan;
    const std::pair<std::size_t, bool> rows[] = {{1, true},  {2, true},    {50, true},
                                                 {99, true}, {100, false}, {101, false}};
    for (const auto& [messages, is_invalid] : rows) {
        CAPTURE(messages);
        SentPlan sent;
        for (std::size_t i = 0; i < messages; ++i) sent.messages.push_back({.was_sent = true});
        sent.messages.front().slip = std::chrono::seconds{10};
        ReplayReport report{.traffic = traffic, .plan = plan, .sent = sent, .seed = 7};
        report.slip_limit = std::chrono::milliseconds{100};
        report.is_scheduled = true;
        CHECK(report.is_invalid() == is_invalid);
    }
}

TEST_CASE("a report names what was dropped and doubled by its number in the capture")
{
    const ReplayTraffic traffic = three_messages().traffic();
    ReplayPlan plan;
    plan.sends = {{0}, {1}, {1, 0, PlannedSend::Why::duplicate}};
    plan.dropped = {2};
    SentPlan sent;
    sent.messages.resize(3);
    const ReplayReport report{.traffic = traffic, .plan = plan, .sent = sent, .seed = 7};
    const std::string text = text_of(report);
    CHECK(text.starts_with("seed 7\ndropped: 1: #5\ndoubled: 1: #3\n"));
    CHECK(text.find("3 messages · 0 answered · 3 not sent") != std::string::npos);
}
