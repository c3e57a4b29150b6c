#include "sim/load_file.hpp"
#include "sim/toml_reader.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

using namespace sim;
using namespace std::chrono_literals;

namespace {

const std::string good = R"(name = "evening-peak"
seed = 42
target = "127.0.0.1:8583"
network = "japanese-house"
connections = 8
in_flight = 500
deadline = "900ms"
slip_limit = "2ms"
arrivals = "constant"
start = "2026-08-01T03:15:00Z"
amount = ["1.00 EUR", "200.00 EUR"]
thresholds = ["p99<50ms", "peak.p99<80ms", "declined<1%"]

[cards]
bin = "999999"
count = 20
pick = "zipf 1.1"

[[stage]]
name = "warm-up"
for = "2s"
rate = "100/s"
record = false

[[stage]]
for = "4s"
rate = ["100/s", "500/s"]

[[stage]]
for = "4s"
rate = ["500/s", "100/s"]
steps = 5

[[stage]]
name = "peak"
for = "10s"
rate = "500/s"
spike = "900/s"
spike_for = "1s"

[[mix]]
scenario = "sale"
weight = 9

[[mix]]
scenario = "sale+reversal"
gap = "250ms"
)";

std::string replaced(const std::string& what, const std::string& by)
{
    std::string text = good;
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

} // namespace

TEST_CASE("load file: every key is read")
{
    const LoadPlan plan = parse_load(good, "peak.toml");
    CHECK(plan.name == "evening-peak");
    CHECK(plan.seed == 42);
    REQUIRE(plan.target);
    CHECK(plan.target->port == 8583);
    CHECK(plan.network == "japanese-house");
    CHECK(plan.connections == 8);
    CHECK(plan.in_flight == 500);
    CHECK(plan.deadline == 900ms);
    CHECK(plan.slip_limit == 2ms);
    CHECK(plan.arrivals == Arrivals::constant);
    REQUIRE(plan.start_us);
    CHECK(moment_text(*plan.start_us) == "2026-08-01T03:15:00Z");
    CHECK(plan.amount_min == Amount{100, "EUR"});
    CHECK(plan.amount_max == Amount{20'000, "EUR"});
    CHECK(plan.thresholds.size() == 3);
    CHECK(plan.cards.count == 20);
    CHECK(plan.cards.zipf == 1.1);
    REQUIRE(plan.stages.size() == 4);
    CHECK_FALSE(plan.stages[0].is_recorded);
    CHECK(plan.stages[1].name == "stage-2");
    CHECK(plan.stages[1].shape == RateStage::Shape::ramp);
    CHECK(plan.stages[2].shape == RateStage::Shape::step);
    CHECK(plan.stages[2].steps == 5);
    CHECK(plan.stages[3].shape == RateStage::Shape::spike);
    CHECK(plan.stages[3].to == 900);
    CHECK(plan.stages[3].spike == 1s);
    REQUIRE(plan.mix.size() == 2);
    CHECK(plan.mix[0].weight == 9);
    CHECK(plan.mix[1].name == "sale+reversal");
    CHECK(plan.mix[1].gap == 250ms);
}

TEST_CASE("load file: the example of the documentation can be read")
{
    const std::string file = TOLLGATE_SOURCE_DIR "/docs/examples/evening-peak.toml";
    const LoadPlan plan = parse_load(read_whole_file(file), file);
    CHECK(plan.stages.size() == 5);
    CHECK(plan.mix.size() == 4);
}

TEST_CASE("load file: a mistake is told with its place")
{
    struct Row {
        const char* what;
        const char* by;
        const char* told; ///< a part of the message
    };
    const Row rows[] = {
        {"seed = 42", "sed = 42", "peak.toml:2:1: unknown key \"sed\" in the load (did you mean \"seed\"?)"},
        {"\"100/s\"\nrecord", "100\nrecord", "\"rate\" must be text"},
        {"\"100/s\"\nrecord", "\"100\"\nrecord", "a rate with a unit"},
        {"\"4s\"\nrate", "\"4\"\nrate", "a time with a unit"},
        {"steps = 5", "steps = 1", "\"steps\" is 2 to 1000"},
        {"spike_for = \"1s\"", "", "a spike needs"},
        {"spike_for = \"1s\"", "spike_for = \"11s\"", "longer than its stage"},
        {"[\"500/s\", \"100/s\"]", "[\"500/s\"]", "one rate, or two"},
        {"record = false", "record = \"no\"", "true or false"},
        {"\"warm-up\"", "\"stage-2\"", "two stages are named \"stage-2\""},
        {"connections = 8", "connections = 0", "\"connections\" is 1 to 1000"},
        {"\"constant\"", "\"evenly\"", "\"constant\" or \"poisson\""},
        {"03:15:00Z", "03:15", "\"start\" is a moment"},
        {"2026-08-01", "2026-02-31", "\"start\" is a moment"},
        {"2026-08-01", "1969-12-31", "\"start\" is a moment"},
        {"2026-08-01", "999999999-08-01", "\"start\" is a moment"},
        {"\"200.00 EUR\"", "\"10000000000.00 EUR\"", "twelve digits at most"},
        {"\"200.00 EUR\"", "\"200 JPY\"", "in its currency"},
        {"\"200.00 EUR\"", "\"0.50 EUR\"", "no less than the first"},
        {"zipf 1.1", "zipf", "\"pick\" is"},
        {"\"999999\"", "\"9999\"", "six digits"},
        {"p99<50ms", "p99<50", "is no threshold"},
        {"127.0.0.1:8583", "127.0.0.1", "is no address"},
        {"weight = 9", "weight = 0", "\"weight\" is 1 to"},
        {"scenario = \"sale\"", "scenaro = \"sale\"", "needs \"scenario\""},
    };
    for (const Row& row : rows) {
        const std::string text = replaced(row.what, row.by);
        CAPTURE(text);
        std::string told;
        try {
            (void)parse_load(text, "peak.toml");
        } catch (const FileError& error) {
            told = error.what();
        }
        CAPTURE(told);
        CHECK(told.find(row.told) != std::string::npos);
        CHECK(told.starts_with("peak.toml:"));
    }
}

TEST_CASE("load file: a mix on the command line")
{
    const auto mix = mix_of("sale=90,sale+reversal=9.5,echo");
    REQUIRE(mix.size() == 3);
    CHECK(mix[0].weight == 90);
    CHECK(mix[1].name == "sale+reversal");
    CHECK(mix[1].weight == 9.5);
    CHECK(mix[2].weight == 1);
    for (const char* text : {"", "=5", "sale=", "sale=0", "sale=x", "sale,,echo"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)mix_of(text), std::invalid_argument);
    }
}

TEST_CASE("load file: cards are made up from the seed, or read as tollgatectl reads them")
{
    LoadPlan::Cards made_up;
    made_up.count = 50;
    const auto cards = cards_of(made_up, 7);
    REQUIRE(cards.size() == 50);
    CHECK(cards[0].pan.starts_with("999999"));
    CHECK(cards[0].pan == cards_of(made_up, 7)[0].pan);
    CHECK(cards[0].pan != cards_of(made_up, 8)[0].pan);

    LoadPlan::Cards from_file;
    from_file.file =
        std::filesystem::temp_directory_path() / ("load_cards_" + std::to_string(::getpid()) + ".csv");
    const auto write = [&](const char* text) { std::ofstream(from_file.file) << text; };
    write("currency,expiry,pan\nJPY,2035-12,9999990000000014\r\nJPY,2030-01,9999990000000022\n");
    const auto read = cards_of(from_file, 7);
    REQUIRE(read.size() == 2);
    CHECK(read[0].pan == "9999990000000014");
    CHECK(read[0].expiry_yymm == "3512");
    CHECK(read[1].expiry_yymm == "3001");
    for (const char* text : {"", "pan\n1\n", "pan,expiry\n", "pan,expiry\n99999900000000x4,2035-12\n",
                             "pan,expiry\n9999990000000014\n"}) {
        CAPTURE(text);
        write(text);
        CHECK_THROWS_AS((void)cards_of(from_file, 7), FileError);
    }
    std::filesystem::remove(from_file.file);
}
