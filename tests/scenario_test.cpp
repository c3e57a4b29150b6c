// Every file of sim/scenarios/ on both networks against a real server, by the code that the demo runs.
#include "sim/runner.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"

#include <doctest/doctest.h>

#include <iostream>

TEST_CASE("scenarios: every one passes on both networks, and the books are in order")
{
    const FreshDatabase database(FreshDatabase::Schema::none);
    sim::TestBed bed({.bin = TOLLGATE_BIN_DIR, .database_url = database.url()});
    const auto host = bed.start_host();
    sim::RunIds ids(sim::wall_clock_us(), sim::wall_clock_us());
    std::cout << "seed " << ids.seed() << std::endl;

    sim::RunPlan plan;
    plan.scenarios = sim::load_scenarios({TOLLGATE_SOURCE_DIR "/sim/scenarios"});
    plan.sides = bed.sides();
    CHECK(plan.scenarios.size() == sim::built_in_scenarios().size());
    const sim::Report report =
        sim::play_all(plan, {*host, bed.office(), ids, [&] { return bed.start_host(); }});

    std::cout << sim::table_of(report) << sim::failures_of(report);
    CHECK(report.failed() == 0);
    CHECK(report.passed() == 2 * plan.scenarios.size() - 2); // one scenario is for A only, one for B only
    CHECK(host->stop() == 0);
    const auto books = bed.office().check_books();
    INFO(books.text);
    CHECK(books.status == 0);
}
