// Every file of sim/scenarios/ on both networks against a real server, by the code that the demo runs.
#include "sim/runner.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iostream>

namespace {

/// The built-in network under another framing and header, in a file that goes with the object.
class OtherWire {
public:
    OtherWire(const std::string& framing, const std::string& header)
        : file_(std::filesystem::path(TOLLGATE_BIN_DIR) / ("network-" + framing + "-" + header + ".toml"))
    {
        std::ifstream in(TOLLGATE_SOURCE_DIR "/sim/networks/iso-single-message.toml");
        std::ofstream(file_) << "framing = \"" << framing << "\"\nheader = \"" << header << "\"\n"
                             << in.rdbuf();
    }
    ~OtherWire() { std::filesystem::remove(file_); }
    OtherWire(const OtherWire&) = delete;
    OtherWire& operator=(const OtherWire&) = delete;

    [[nodiscard]] std::string file() const { return file_.string(); }

private:
    std::filesystem::path file_;
};

} // namespace

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
    std::size_t playable = 0;
    for (const sim::Scenario& scenario : plan.scenarios)
        for (const sim::Side& side : plan.sides) playable += scenario.runs_on(side.model->name());
    CHECK(report.passed() == playable);
    CHECK(playable > plan.scenarios.size()); // most make sense on both
    CHECK(host->stop() == 0);
    const auto books = bed.office().check_books();
    INFO(books.text);
    CHECK(books.status == 0);
}

TEST_CASE("scenarios: other framings and headers carry the same conversations")
{
    for (const auto& [framing, header] :
         {std::pair{"ascii4", "tpdu"}, {"be16-zeros", "visa"}, {"etx", "base24"}}) {
        CAPTURE(std::string(framing));
        const FreshDatabase database(FreshDatabase::Schema::none);
        const OtherWire network(framing, header);
        sim::TestBed bed(
            {.bin = TOLLGATE_BIN_DIR, .database_url = database.url(), .network_a = network.file()});
        const auto host = bed.start_host();
        sim::RunIds ids(sim::wall_clock_us(), sim::wall_clock_us());
        sim::RunPlan plan;
        const std::string folder = TOLLGATE_SOURCE_DIR "/sim/scenarios/";
        plan.scenarios = sim::load_scenarios(
            {folder + "30-sale-timed-out-then-reversed.toml", folder + "60-sign-on-echo-sign-off.toml"});
        plan.sides = {bed.sides().front()};
        const sim::Report report =
            sim::play_all(plan, {*host, bed.office(), ids, [&] { return bed.start_host(); }});
        std::cout << sim::table_of(report) << sim::failures_of(report);
        CHECK(report.passed() == 2);
        CHECK(host->stop() == 0);
    }
}
