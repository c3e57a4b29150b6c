#include "sim/replay_plan.hpp"
#include "tests/support/replay_capture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <thread>

using namespace sim;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using test::ReplayCapture;

namespace {

using Places = std::vector<std::size_t>;

Places places_of(const ReplayPlan& plan)
{
    Places places;
    for (const PlannedSend& send : plan.sends) places.push_back(send.place);
    return places;
}

std::vector<std::int64_t> times_of(const ReplayPlan& plan)
{
    std::vector<std::int64_t> times;
    for (const PlannedSend& send : plan.sends) times.push_back(send.at.count());
    return times;
}

/// 0 sign-on, 1 and 2 sales, 3 reversal of 1, 4 cancel of 2, 5 reversal of 4.
ReplayCapture small_capture()
{
    ReplayCapture made;
    made.sign_on();
    const auto first = made.sale("000001");
    const auto second = made.on(2).at(milliseconds{1500}).sale("000002", ReplayCapture::card_2);
    made.on(1).at(milliseconds{60'000}).reversal(first);
    const auto cancel = made.on(2).follow("0400", "000003", second, "17");
    made.on(1).reversal(cancel);
    return made;
}

/// `count` sales on ten cards over four connections, every third one reversed.
ReplayTraffic large_traffic(std::size_t count)
{
    ReplayCapture made;
    made.at(milliseconds{0});
    for (std::size_t i = 0; i < count; ++i) {
        const std::string stan = std::to_string(100'000 + i);
        made.on(static_cast<std::uint32_t>(1 + i % 4));
        const auto sale = made.sale(stan, "400000123456" + std::to_string(1000 + i % 10));
        if (i % 3 == 0) made.reversal(sale);
    }
    return made.traffic();
}

PlanOptions shuffle(std::uint64_t seed, KeepOrder keep = KeepOrder::none)
{
    PlanOptions options;
    options.order = ReplayOrder::shuffle;
    options.keep = keep;
    options.seed = seed;
    return options;
}

void with_a_small_stack(std::function<void()> call)
{
    pthread_attr_t attributes;
    REQUIRE(::pthread_attr_init(&attributes) == 0);
    REQUIRE(::pthread_attr_setstacksize(&attributes, std::size_t{256} << 10U) == 0);
    pthread_t thread{};
    const auto run = [](void* it) -> void* {
        (*static_cast<std::function<void()>*>(it))();
        return nullptr;
    };
    REQUIRE(::pthread_create(&thread, &attributes, run, &call) == 0);
    CHECK(::pthread_join(thread, nullptr) == 0);
    ::pthread_attr_destroy(&attributes);
}

} // namespace

TEST_CASE("each order puts the messages as it says")
{
    const ReplayTraffic traffic = small_capture().traffic();
    struct Row {
        const char* name;
        ReplayOrder order;
        Places expected;
    };
    const Row rows[] = {
        {"captured", ReplayOrder::captured, {0, 1, 2, 3, 4, 5}},
        {"reversals before what they refer to", ReplayOrder::reversal_first, {0, 3, 1, 2, 5, 4}},
        {"reversals after everything", ReplayOrder::reversal_last, {0, 1, 2, 4, 3, 5}},
        {"all permutations, group after group",
         ReplayOrder::explore,
         {0, 1, 3, 3, 1, /* of 2, 4 and 5 */ 2, 4, 5, 2, 5, 4, 4, 2, 5, 4, 5, 2, 5, 2, 4, 5, 4, 2}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        PlanOptions options;
        options.order = row.order;
        const Places got = places_of(plan_replay(traffic, options));
        CHECK(got == row.expected);
    }
}

TEST_CASE("reversals that name each other are not lost")
{
    ReplayTraffic traffic = small_capture().traffic();
    traffic.requests[1].role = ReplayRole::reversal;
    traffic.requests[1].target = 3;
    PlanOptions options;
    options.order = ReplayOrder::reversal_first;
    CHECK(places_of(plan_replay(traffic, options)).size() == 6);
}

TEST_CASE("a chain of reversals may be long, and the stack small")
{
    constexpr std::size_t count = 10'000;
    ReplayTraffic traffic = small_capture().traffic();
    ReplayRequest link = traffic.requests[3];
    link.target = 1;
    traffic.requests.resize(2);
    while (traffic.requests.size() < count) {
        traffic.requests.push_back(link);
        link.target = traffic.requests.size() - 1;
    }
    PlanOptions options;
    options.order = ReplayOrder::reversal_first;
    Places places;
    with_a_small_stack([&] { places = places_of(plan_replay(traffic, options)); });
    REQUIRE(places.size() == count);
    CHECK(places[0] == 0);
    CHECK(places[1] == count - 1);
    CHECK(places.back() == 1);
}

TEST_CASE("each permutation is a copy of its own, and a group that is too large is sent as captured")
{
    const ReplayTraffic traffic = small_capture().traffic();
    PlanOptions options;
    options.order = ReplayOrder::explore;
    options.explore_max = 2;
    const ReplayPlan plan = plan_replay(traffic, options);
    CHECK(places_of(plan) == Places{0, 1, 3, 3, 1, 2, 4, 5});
    CHECK(plan.sends[2].copy == 0);
    CHECK(plan.sends[3].copy == 1);
    CHECK(plan.too_large == Places{2});
}

TEST_CASE("how much exploring sends is known before, and too much is refused")
{
    const ReplayTraffic traffic = small_capture().traffic();
    for (const std::size_t explore_max : {1, 2, 3, 8}) {
        CAPTURE(explore_max);
        PlanOptions options;
        options.order = ReplayOrder::explore;
        options.explore_max = explore_max;
        const Exploration all = exploration_of(traffic, explore_max);
        options.messages_max = all.messages;
        CHECK(plan_replay(traffic, options).sends.size() == all.messages + 1); // and a sign-on
        --options.messages_max;
        CHECK_THROWS_AS((void)plan_replay(traffic, options), std::invalid_argument);
    }
    CHECK(exploration_of(traffic, 1).orders == 0);
    CHECK(exploration_of(traffic, 2).transactions == 1);
    CHECK(exploration_of(traffic, 2).orders == 2);
    CHECK(exploration_of(traffic, 3).transactions == 2);
    CHECK(exploration_of(traffic, 3).orders == 8);
    CHECK(exploration_of(traffic, 3).messages == 22);

    ReplayCapture many; // more than any memory holds: it is counted without being made
    const auto sale = many.sale("000001");
    for (int i = 0; i < 7; ++i) many.reversal(sale);
    ReplayTraffic repeated = many.traffic();
    for (std::size_t group = 1; group < 1'000; ++group)
        for (std::size_t i = 0; i < 8; ++i) {
            repeated.requests.push_back(repeated.requests[i]);
            repeated.requests.back().group = 8 * group;
        }
    PlanOptions options;
    options.order = ReplayOrder::explore;
    options.explore_max = 8;
    CHECK_THROWS_WITH(
        (void)plan_replay(repeated, options),
        "exploring sends 322,560,000 messages (1,000 transactions in 40,320,000 orders), more than "
        "the 500,000 of --max-messages: lower --explore-max, or raise that");
}

TEST_CASE("a shuffle sends everything once, by its seed alone")
{
    const ReplayTraffic traffic = large_traffic(200);
    for (const KeepOrder keep : {KeepOrder::none, KeepOrder::card, KeepOrder::connection}) {
        const Places one = places_of(plan_replay(traffic, shuffle(7, keep)));
        CHECK(one == places_of(plan_replay(traffic, shuffle(7, keep))));
        CHECK(one != places_of(plan_replay(traffic, shuffle(8, keep))));
        CHECK(std::set<std::size_t>(one.begin(), one.end()).size() == traffic.requests.size());
        CHECK(one.size() == traffic.requests.size());
        CHECK_FALSE(std::is_sorted(one.begin(), one.end()));
    }
}

TEST_CASE("the order of a seed is the same on every machine and in every version")
{
    const ReplayTraffic traffic = large_traffic(9);
    CHECK(places_of(plan_replay(traffic, shuffle(1))) == Places{4, 6, 7, 9, 11, 3, 10, 1, 2, 0, 8, 5});
}

TEST_CASE("a shuffle keeps the order of each card, or of each connection")
{
    const ReplayTraffic traffic = large_traffic(200);
    for (const KeepOrder keep : {KeepOrder::card, KeepOrder::connection}) {
        std::map<std::string, Places> own;
        for (const std::size_t place : places_of(plan_replay(traffic, shuffle(3, keep)))) {
            const ReplayRequest& request = traffic.requests[place];
            own[keep == KeepOrder::card ? std::string(request.message.get(2))
                                        : std::to_string(request.connection)]
                .push_back(place);
        }
        CHECK(own.size() == (keep == KeepOrder::card ? 10 : 4));
        for (const auto& [owner, places] : own) CHECK(std::is_sorted(places.begin(), places.end()));
    }
}

TEST_CASE("each timing gives its times")
{
    const ReplayTraffic traffic = small_capture().traffic();
    struct Row {
        const char* timing;
        std::int64_t max_gap_ms;
        std::vector<std::int64_t> expected_us;
    };
    const Row rows[] = {
        {"original", 0, {0, 1'000'000, 1'500'000, 60'000'000, 61'000'000, 62'000'000}},
        {"original", 1'000, {0, 1'000'000, 1'500'000, 2'500'000, 3'500'000, 4'500'000}},
        {"x4", 0, {0, 250'000, 375'000, 15'000'000, 15'250'000, 15'500'000}},
        {"x3", 0, {0, 333'333, 500'000, 20'000'000, 20'333'333, 20'666'666}}, // no gap loses its share
        {"x0.5", 1'000, {0, 2'000'000, 3'000'000, 5'000'000, 7'000'000, 9'000'000}},
        {"2000/s", 0, {0, 500, 1'000, 1'500, 2'000, 2'500}},
        {"max", 0, {0, 0, 0, 0, 0, 0}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.timing);
        CAPTURE(row.max_gap_ms);
        PlanOptions options;
        options.timing = ReplayTiming::parse(row.timing);
        if (row.max_gap_ms > 0) options.max_gap = milliseconds{row.max_gap_ms};
        CHECK(times_of(plan_replay(traffic, options)) == row.expected_us);
        options.order = ReplayOrder::reversal_first; // whoever is sent, the rhythm is the capture's
        CHECK(times_of(plan_replay(traffic, options)) == row.expected_us);
    }
    for (const char* const wrong :
         {"", "fast", "x", "x0", "x-1", "100", "0/s", "x4y", "1e99/s", "nan/s", "x1e-300"})
        CHECK_THROWS_AS((void)ReplayTiming::parse(wrong), std::invalid_argument);
    PlanOptions endless;
    endless.timing = ReplayTiming::parse("x0.000001"); // of a minute: two years
    CHECK_THROWS_WITH_AS((void)plan_replay(traffic, endless),
                         "--timing: the replay would take longer than a year", std::invalid_argument);
}

TEST_CASE("messages are dropped and doubled as often as asked for, and named")
{
    const ReplayTraffic traffic = large_traffic(3'000); // 4,000 messages
    PlanOptions options;
    options.drop = 0.1;
    options.duplicate = 0.2;
    const ReplayPlan plan = plan_replay(traffic, options);
    const auto doubled = std::count_if(plan.sends.begin(), plan.sends.end(), [](const PlannedSend& send) {
        return send.why == PlannedSend::Why::duplicate;
    });
    CHECK(plan.dropped.size() > 300);
    CHECK(plan.dropped.size() < 500);
    CHECK(plan.sends.size() + plan.dropped.size() == 4'000 + static_cast<std::size_t>(doubled));
    CHECK(doubled > 600);
    CHECK(doubled < 840);
    std::set<std::size_t> seen;
    for (const PlannedSend& send : plan.sends) {
        const bool is_first = seen.insert(send.place).second;
        CHECK(is_first == (send.why == PlannedSend::Why::captured)); // a copy never leaves before its first
    }
    CHECK(std::is_sorted(plan.sends.begin(), plan.sends.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; }));
    CHECK(plan.sends == plan_replay(traffic, options).sends);
}
