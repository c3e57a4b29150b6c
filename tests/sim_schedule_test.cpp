#include "sim/schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

using namespace sim;
using namespace std::chrono_literals;
using Shape = RateStage::Shape;

namespace {

RateStage stage(Shape shape, std::chrono::nanoseconds lasts, double from, double to = 0)
{
    RateStage made;
    made.shape = shape;
    made.lasts = lasts;
    made.from = from;
    made.to = to;
    return made;
}

RateStage stairs()
{
    RateStage made = stage(Shape::step, 9s, 100, 300);
    made.steps = 3;
    return made;
}

RateStage spike()
{
    RateStage made = stage(Shape::spike, 10s, 100, 900);
    made.spike = 2s;
    return made;
}

std::vector<Arrival> drawn(const std::vector<RateStage>& stages, Arrivals law, std::uint64_t seed = 1)
{
    Rng rng(seed);
    return draw_arrivals(stages, law, rng);
}

std::size_t count_between(const std::vector<Arrival>& all, std::chrono::nanoseconds from,
                          std::chrono::nanoseconds to)
{
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const Arrival& a) { return a.at >= from && a.at < to; }));
}

ScheduleSettings good()
{
    ScheduleSettings settings;
    settings.seed = 42;
    settings.stages = {stage(Shape::ramp, 2s, 100, 500), stage(Shape::constant, 2s, 500)};
    settings.mix = {{8, 1, 0ns}, {2, 3, 150ms}, {0, 2, 0ns}};
    settings.cards = 50;
    settings.zipf = 1.1;
    settings.amount_min = 5;
    settings.amount_max = 7;
    return settings;
}

} // namespace

TEST_CASE("arrivals: each shape gives its rate at each time")
{
    struct Row {
        const char* name;
        RateStage given;
        std::chrono::nanoseconds from;
        std::chrono::nanoseconds to;
        std::size_t count;
    };
    const Row rows[] = {
        {"constant, all", stage(Shape::constant, 4s, 250), 0s, 4s, 1'000},
        {"constant, a part", stage(Shape::constant, 4s, 250), 1s, 2s, 250},
        {"ramp up, all", stage(Shape::ramp, 10s, 0, 200), 0s, 10s, 1'000},
        {"ramp up, first half", stage(Shape::ramp, 10s, 0, 200), 0s, 5s, 250},
        {"ramp down, first half", stage(Shape::ramp, 10s, 200, 0), 0s, 5s, 750},
        {"ramp between rates, last fifth", stage(Shape::ramp, 10s, 100, 200), 8s, 10s, 380},
        {"steps, first", stairs(), 0s, 3s, 300},
        {"steps, middle", stairs(), 3s, 6s, 600},
        {"steps, last", stairs(), 6s, 9s, 900},
        {"spike, before", spike(), 0s, 4s, 400},
        {"spike, in", spike(), 4s, 6s, 1'800},
        {"spike, after", spike(), 6s, 10s, 400},
        {"nothing", stage(Shape::constant, 4s, 0), 0s, 4s, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto even = drawn({row.given}, Arrivals::constant);
        const auto exact = static_cast<double>(row.count);
        CHECK(std::abs(static_cast<double>(count_between(even, row.from, row.to)) - exact) <= 1);
        double sum = 0;
        for (std::uint64_t seed = 1; seed <= 20; ++seed)
            sum += static_cast<double>(
                count_between(drawn({row.given}, Arrivals::poisson, seed), row.from, row.to));
        CHECK(std::abs(sum / 20 - exact) <= 5 * std::sqrt(exact / 20)); // five standard deviations
    }
}

TEST_CASE("arrivals: even ones have the same distance, also over the border of two stages")
{
    const auto all =
        drawn({stage(Shape::constant, 1s, 100), stage(Shape::constant, 1s, 100)}, Arrivals::constant);
    REQUIRE(all.size() == 200);
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(i);
        const auto exact = 10ms * static_cast<std::int64_t>(i);
        CHECK(std::chrono::abs(all[i].at - exact) <= 2ns);
        CHECK(all[i].stage == i / 100);
    }
}

TEST_CASE("arrivals: those of many shops have gaps that are exponential")
{
    const auto all = drawn({stage(Shape::constant, 100s, 1'000)}, Arrivals::poisson);
    std::size_t above_mean = 0;
    for (std::size_t i = 1; i < all.size(); ++i)
        if (all[i].at - all[i - 1].at > 1ms) ++above_mean;
    const double share = static_cast<double>(above_mean) / static_cast<double>(all.size());
    CHECK(std::abs(share - std::exp(-1.0)) < 0.01);
}

TEST_CASE("schedule: the same settings give the same, another seed gives another")
{
    const Schedule first(good());
    CHECK(first.digest() == Schedule(good()).digest());
    ScheduleSettings other = good();
    other.seed = 43;
    CHECK(first.digest() != Schedule(other).digest());
}

TEST_CASE("schedule: other cards or amounts leave the times as they are")
{
    ScheduleSettings other = good();
    other.cards = 7;
    other.amount_max = 1'000;
    other.mix = {{1, 1, 0ns}};
    const Schedule first(good());
    const Schedule second(other);
    REQUIRE(first.transactions().size() == second.transactions().size());
    for (std::size_t i = 0; i < first.transactions().size(); ++i)
        CHECK(first.messages()[first.transactions()[i].first_message].due ==
              second.messages()[second.transactions()[i].first_message].due);
}

TEST_CASE("schedule: messages of a transaction follow each other from the intended time of the first")
{
    const Schedule schedule(good());
    std::size_t of_three = 0;
    for (std::uint32_t i = 0; i < schedule.transactions().size(); ++i) {
        const auto& transaction = schedule.transactions()[i];
        REQUIRE(transaction.scenario < 2); // the third has no weight
        const std::size_t steps = transaction.scenario == 1 ? 3 : 1;
        of_three += steps == 3 ? 1 : 0;
        const auto& first = schedule.messages()[transaction.first_message];
        for (std::size_t step = 0; step < steps; ++step) {
            const auto& message = schedule.messages()[transaction.first_message + step];
            CHECK(message.transaction == i);
            CHECK(message.step == step);
            CHECK(message.due == first.due + 150ms * static_cast<std::int64_t>(step));
        }
        CHECK(transaction.amount_minor >= 5);
        CHECK(transaction.amount_minor <= 7);
        CHECK(transaction.card < 50);
    }
    const double share = static_cast<double>(of_three) / static_cast<double>(schedule.transactions().size());
    CHECK(std::abs(share - 0.2) < 0.05);
    CHECK(std::is_sorted(schedule.order().begin(), schedule.order().end(), [&](auto a, auto b) {
        return schedule.messages()[a].due < schedule.messages()[b].due;
    }));
}

TEST_CASE("schedule: zipf takes the first card most, by its law")
{
    const WeightedPick pick(zipf_weights(1'000, 1));
    Rng rng(5);
    std::vector<double> taken(1'000);
    for (int i = 0; i < 200'000; ++i) ++taken[pick.draw(rng)];
    CHECK(std::abs(taken[0] / taken[1] - 2) < 0.1);
    CHECK(std::abs(taken[0] / taken[9] - 10) < 1);
    CHECK(*std::max_element(taken.begin(), taken.end()) == taken[0]);
}

TEST_CASE("schedule: what memory cannot hold is refused")
{
    ScheduleSettings settings = good();
    settings.stages = {stage(Shape::constant, std::chrono::hours(24), 1'000)};
    CHECK_THROWS_AS(Schedule{settings}, std::invalid_argument);
}
