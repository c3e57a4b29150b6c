#include "sim/busy_time.hpp"
#include "sim/load_report.hpp"
#include "sim/load_run.hpp"
#include "tests/support/answerer_thread.hpp"

#include <doctest/doctest.h>

#include <ctime>
#include <map>
#include <thread>

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t start_us = 1'785'554'100'000'000;

/// A load on a host of its own.
struct LoadGame {
    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    std::vector<std::string> scenarios{"sale"};
    ScheduleSettings planned;
    LoadRunSettings settings;
    LoadRun::Events events;
    std::unique_ptr<Schedule> schedule;
    std::unique_ptr<LoadWriter> writer;
    std::unique_ptr<LoadRun> load;

    LoadGame(double per_second, std::chrono::nanoseconds lasts)
    {
        planned.seed = 42;
        planned.mix = {{1, 1, 0ns}};
        add_stage(per_second, lasts);
        settings.connections = 3;
    }

    void add_stage(double per_second, std::chrono::nanoseconds lasts, const char* name = "all")
    {
        RateStage stage;
        stage.name = name;
        stage.from = per_second;
        stage.lasts = lasts;
        planned.stages.push_back(stage);
    }

    LoadRun& run(const Address& address)
    {
        schedule = std::make_unique<Schedule>(planned);
        LoadWriterSettings written;
        written.scenarios = scenarios;
        written.cards = {{"9999991234567890", "3512"}};
        written.currency = "JPY";
        written.seed = planned.seed;
        written.start_us = start_us;
        writer = std::make_unique<LoadWriter>(*network, *schedule, written);
        settings.address = address;
        load = std::make_unique<LoadRun>(*network, *schedule, *writer, planned.stages, settings, events);
        load->run();
        return *load;
    }
    LoadMeasure total() const { return load->tally().total(); }
    const LoadMeasure& kind(const std::string& name) const
    {
        for (const LoadMeasure& measure : load->tally().kinds())
            if (measure.name == name) return measure;
        throw std::out_of_range(name);
    }
};

} // namespace

TEST_CASE("load run: all that is planned is sent and answered, by kind and by stage")
{
    LoadGame game(2'000, 200ms);
    game.add_stage(4'000, 100ms, "warm-up");
    game.planned.stages.back().is_recorded = false;
    game.scenarios = {"sale", "sale+reversal", "sale+repeat", "echo"};
    game.planned.mix = {{4, 1, 0ns}, {2, 2, 1ms}, {2, 2, 0ns}, {1, 1, 0ns}};
    test::AnswererThread host(*game.network);
    const LoadRun& load = game.run(host.address());
    const std::size_t planned = game.schedule->messages().size();
    CHECK(load.totals().planned == planned);
    CHECK(load.totals().sent == planned);
    CHECK(load.totals().strays == 0);
    CHECK_FALSE(load.totals().was_stopped);
    const auto& stages = load.tally().stages();
    REQUIRE(stages.size() == 2);
    CHECK(stages[0].answered + stages[1].answered == planned);
    CHECK(game.total().answered == stages[0].answered); // the other is no record
    CHECK(game.total().unanswered == 0);
    CHECK(game.total().declined == 0);
    CHECK(game.total().codes.of("00") == game.total().answered);
    CHECK(game.kind("reversal").answered > 0);
    CHECK(game.kind("repeat").answered > 0);
    CHECK(game.kind("echo").answered > 0);
    CHECK(game.kind("sale").answered + game.kind("reversal").answered + game.kind("repeat").answered +
              game.kind("echo").answered ==
          game.total().answered);
    CHECK(game.total().response.count() == game.total().answered);
    CHECK(game.total().service.max() <= game.total().response.max());
}

TEST_CASE("load run: one seed gives one order of the same bytes on every connection")
{
    std::map<std::size_t, std::vector<Bytes>> seen[2];
    for (auto& by_connection : seen) {
        LoadGame game(3'000, 300ms);
        game.scenarios = {"sale", "sale+cancel"};
        game.planned.mix = {{3, 1, 0ns}, {1, 2, 2ms}};
        game.planned.amount_max = 10'000;
        LoadAnswerer::Settings settings;
        settings.seen = [&](std::size_t on, std::span<const std::uint8_t> request) {
            by_connection[on].emplace_back(request.begin(), request.end());
        };
        test::AnswererThread host(*game.network, settings);
        const LoadRun& load = game.run(host.address());
        host.stop();
        std::size_t count = 0;
        for (const auto& [on, requests] : by_connection) count += requests.size();
        CHECK(count == load.totals().planned);
    }
    CHECK(seen[0].size() == 3);
    CHECK(seen[0] == seen[1]);
}

TEST_CASE("load run: who gets no answer counts as having waited the deadline")
{
    LoadGame game(1'000, 300ms);
    game.settings.deadline = 150ms;
    LoadAnswerer::Settings settings;
    settings.silent_every = 10;
    settings.refuse_every = 4;
    test::AnswererThread host(*game.network, settings);
    std::uint64_t expired = 0;
    std::uint64_t due = 0;
    std::uint64_t responses = 0;
    game.events.second = [&](const LoadSecond& second) {
        expired += second.seen.unanswered;
        due += second.due;
        responses += second.seen.response.count();
        CHECK(LoadRow(second, game.settings.deadline).at_least.has_value() == (second.seen.unanswered > 0));
    };
    const LoadRun& load = game.run(host.address());
    const LoadMeasure total = game.total();
    const std::size_t planned = load.totals().planned;
    CHECK(total.unanswered == planned / 10);
    CHECK(expired >= total.unanswered); // some of those may have been answered late
    CHECK(due == planned);
    CHECK(responses == total.answered + expired);
    CHECK(total.answered + total.unanswered == planned);
    CHECK(total.response.count() == planned);
    CHECK(total.response.quantile(0.95) >= 150ms);
    CHECK(total.service.count() == total.answered);
    CHECK(total.declined == planned / 4 - planned / 20);
    CHECK(total.codes.of("51") == total.declined);
}

TEST_CASE("load run: a host that stands still shows in the response time, whatever its service time says")
{
    // 2,000 per second for four seconds: what falls due in the first 1.3 of the 1.4 seconds waits 0.1 or
    // more, and a hundredth of all, 80, falls due within the first 40 ms of them.
    LoadGame game(2'000, 4s);
    game.planned.arrivals = Arrivals::constant;
    game.settings.in_flight = 32; // as many as the shop's terminals
    LoadAnswerer::Settings settings;
    settings.stall_at = 2'000;
    settings.stall = 1'400ms;
    test::AnswererThread host(*game.network, settings);
    const LoadRun& load = game.run(host.address());
    const LoadMeasure total = game.total();
    CHECK(total.answered == 8'000);
    CHECK(total.response.quantile(0.99) >= 1'200ms);
    CHECK(total.service.quantile(0.99) <= total.response.quantile(0.99) / 2);
    CHECK(total.held >= 2'000);
    CHECK(load.totals().held_longest >= 1'200ms);
    CHECK(total.slip.quantile(0.99) <= total.response.quantile(0.99) / 2); // not the generator was late
    MESSAGE("response p99 " << total.response.quantile(0.99).count() / 1'000 << " us, service p99 "
                            << total.service.quantile(0.99).count() / 1'000 << " us");
}

TEST_CASE("load run: never more than the limit are in flight")
{
    LoadGame game(5'000, 100ms);
    game.settings.in_flight = 7;
    game.settings.deadline = 400ms;
    LoadAnswerer::Settings settings;
    settings.stall_at = 1;
    settings.stall = 200ms;
    test::AnswererThread host(*game.network, settings);
    std::size_t in_flight = 0;
    std::size_t most = 0;
    game.events.sent = [&](std::uint32_t) { most = std::max(most, ++in_flight); };
    game.events.answered = [&](std::uint32_t, const codec::Message&) { --in_flight; };
    const LoadRun& load = game.run(host.address());
    CHECK(load.totals().sent == load.totals().planned);
    CHECK(most == 7);
}

TEST_CASE("load run: stopped early it tells what it did")
{
    LoadGame game(500, 60s);
    test::AnswererThread host(*game.network);
    game.events.answered = [&](std::uint32_t, const codec::Message&) {
        if (game.load->tally().kinds().front().answered >= 20) game.load->stop();
    };
    const LoadRun& load = game.run(host.address());
    CHECK(load.totals().was_stopped);
    CHECK(load.totals().sent < load.totals().planned);
    CHECK(game.total().answered + game.total().unanswered == load.totals().sent);
    CHECK(load.lasted(0) > 0ns);
    CHECK(load.lasted(0) <= load.totals().took);
}

TEST_CASE(
    "load run: stopped while messages are held, those that no answer makes room for count as unanswered")
{
    LoadGame game(1'000, 60s);
    game.settings.in_flight = 5;
    game.settings.deadline = 300ms;
    LoadAnswerer::Settings settings;
    settings.stall_at = 1;
    settings.stall = 2s; // longer than the run
    test::AnswererThread host(*game.network, settings);
    int ticks = 0;
    std::uint64_t due = 0;
    game.events.second = [&](const LoadSecond& second) { due += second.due; };
    game.events.tick = [&] {
        if (++ticks == 2) game.load->stop();
    };
    const LoadRun& load = game.run(host.address());
    const LoadMeasure total = game.total();
    CHECK(load.totals().unsent > 0);
    CHECK(load.totals().sent + load.totals().unsent == due);
    CHECK(total.unsent == load.totals().unsent);
    CHECK(total.answered + total.unanswered == due);
    CHECK(total.response.count() == due);
    CHECK(total.response.quantile(0.5) >= 300ms);
    CHECK(load.totals().held > 0ns);
}

TEST_CASE("load run: messages that are held while the generator stands still are its own doing")
{
    LoadGame game(1'000, 700ms);
    game.settings.in_flight = 5;
    game.settings.deadline = 5s;
    LoadAnswerer::Settings settings;
    settings.stall_at = 1;
    settings.stall = 600ms;
    test::AnswererThread host(*game.network, settings);
    int ticks = 0;
    game.events.tick = [&] {
        if (++ticks == 2) std::this_thread::sleep_for(400ms); // as if it had been suspended
    };
    const LoadRun& load = game.run(host.address());
    CHECK(load.totals().held_busy >= 250ms);
}

TEST_CASE("load run: paused it sends nothing, and goes on where it was")
{
    LoadGame game(1'000, 300ms);
    test::AnswererThread host(*game.network);
    int ticks = 0;
    std::size_t at_pause = 0;
    std::size_t at_end_of_pause = 0;
    game.events.tick = [&] {
        if (++ticks == 1) game.load->pause_or_resume();
        if (ticks == 2) at_pause = game.load->totals().sent;
        if (ticks != 6) return;
        at_end_of_pause = game.load->totals().sent;
        game.load->pause_or_resume();
        game.load->change_rate(2);
    };
    const LoadRun& load = game.run(host.address());
    CHECK(at_pause == at_end_of_pause);
    CHECK(at_pause < load.totals().planned);
    CHECK(load.totals().sent == load.totals().planned);
    CHECK(load.lasted(0) >= 500ms);
    CHECK(load.totals().took >= 600ms); // 300 ms of which a part is done twice as fast, and 400 ms of pause
}

TEST_CASE("load run: a host that goes away is dialed again")
{
    LoadGame game(200, 1s);
    game.settings.deadline = 300ms;
    auto first = std::make_unique<test::AnswererThread>(*game.network);
    LoadAnswerer::Settings same;
    same.port = first->address().port;
    std::unique_ptr<test::AnswererThread> second;
    int ticks = 0;
    game.events.tick = [&] {
        if (++ticks != 3) return;
        first.reset();
        second = std::make_unique<test::AnswererThread>(*game.network, same);
    };
    const LoadRun& load = game.run(first->address());
    CHECK(load.totals().reconnects == 3);
    CHECK(load.totals().sent == load.totals().planned);
    CHECK_FALSE(load.totals().was_lost);
    CHECK(game.total().answered > load.totals().planned / 3);
}

TEST_CASE("busy time: work is in it, and waiting is not")
{
    using Clock = std::chrono::steady_clock;
    auto began = Clock::now();
    auto before = busy_time();
    std::this_thread::sleep_for(50ms); // what is measured
    CHECK(busy_time() - before < Clock::now() - began);
    before = busy_time();
    for (const std::clock_t end = std::clock() + CLOCKS_PER_SEC / 20; std::clock() < end;) {
    }
    CHECK(busy_time() - before >= 30ms); // the kernel counts it at its ticks
}

TEST_CASE("load run: a host that is not there is an error")
{
    LoadGame game(200, 1s);
    CHECK_THROWS_AS(game.run({"127.0.0.1", 1}), WireError);
}
