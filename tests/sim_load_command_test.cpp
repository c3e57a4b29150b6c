#include "sim/awaited_signals.hpp"
#include "sim/load_command.hpp"
#include "sim/report_command.hpp"
#include "sim/toml_reader.hpp"
#include "tests/support/answerer_thread.hpp"

#include <boost/json/parse.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include <sys/resource.h>
#include <unistd.h>

using namespace sim;
namespace json = boost::json;

namespace {

struct CommandGame {
    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    test::AnswererThread host;
    LoadOptions options;
    std::ostringstream out;
    std::ostringstream err;

    explicit CommandGame(LoadAnswerer::Settings settings = {}) : host(*network, std::move(settings))
    {
        options.target = text_of(host.address());
        options.rate = "500/s";
        options.lasts = "400ms";
        options.seed = 42;
        options.progress = "none";
        options.slip_limit = "60s"; // how fast this machine is, is not asked here
    }
    Exit run() { return run_load(options, out, err); }
    json::object report()
    {
        options.wants_json = true;
        (void)run();
        return json::parse(out.str()).as_object();
    }
};

} // namespace

TEST_CASE("load command: thresholds decide the exit code")
{
    struct Row {
        const char* name;
        std::vector<std::string> thresholds;
        Exit expected;
    };
    const Row rows[] = {
        {"none", {}, Exit::done},
        {"all hold", {"p99<60s", "unanswered=0", "declined<20%"}, Exit::done},
        {"one does not", {"p99<60s", "declined<1%"}, Exit::differs},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        LoadAnswerer::Settings settings;
        settings.refuse_every = 10;
        CommandGame game(settings);
        game.options.thresholds = row.thresholds;
        CHECK(game.run() == row.expected);
        CHECK(game.out.str().find(row.expected == Exit::done ? "\npassed\n" : "\nFAILED\n") !=
              std::string::npos);
        CHECK(game.err.str().empty());
    }
}

TEST_CASE("load command: a generator that was late makes the run invalid, whatever the thresholds say")
{
    CommandGame game;
    game.options.slip_limit = "0us"; // nobody keeps that
    game.options.thresholds = {"declined>50%"};
    CHECK(game.run() == Exit::invalid);
    CHECK(game.out.str().find("INVALID: the generator was late") != std::string::npos);
}

TEST_CASE("load command: the report has a row per second and every part that the page documents")
{
    CommandGame game;
    game.options.lasts = "1200ms";
    game.options.warm_up = "200ms";
    game.options.mix = "sale=3,sale+reversal=1";
    game.options.thresholds = {"p99<60s"};
    const json::object report = game.report();
    CHECK(report.at("schema") == "tollgate/load/1");
    CHECK(report.at("seed") == "42");
    for (const char* key : {"name", "schedule", "started", "target", "network", "connections",
                            "in_flight_max", "arrivals", "deadline_us", "mix", "verdict", "thresholds",
                            "totals", "total", "kinds", "stages", "seconds", "changes"}) {
        CAPTURE(key);
        CHECK(report.contains(key));
    }
    CHECK(report.at("verdict").at("valid").as_bool());
    CHECK(report.at("verdict").at("passed").as_bool());
    CHECK(report.at("thresholds").at(0).at("limit").as_double() == 60e6); // microseconds
    CHECK(report.at("kinds").as_array().size() == 2);
    CHECK(report.at("stages").as_array().size() == 2);
    std::int64_t due = 0;
    std::int64_t sent = 0;
    std::int64_t answered = 0;
    for (const json::value& second : report.at("seconds").as_array()) {
        due += second.at("due").to_number<std::int64_t>();
        sent += second.at("sent").to_number<std::int64_t>();
        answered += second.at("answered").to_number<std::int64_t>();
        for (const char* clock : {"response", "service", "slip"})
            CHECK(second.at(clock).as_object().contains("p99_us"));
    }
    const auto planned = report.at("totals").at("planned").to_number<std::int64_t>();
    CHECK(due == planned);
    CHECK(sent == planned);
    CHECK(answered == planned);
    std::int64_t in_buckets = 0;
    for (const json::value& bucket : report.at("total").at("response").at("buckets_ns").as_array())
        in_buckets += bucket.at(1).to_number<std::int64_t>();
    CHECK(in_buckets == report.at("total").at("answered").to_number<std::int64_t>());
}

namespace {

/// Paths of all keys: "total.response.p50_us", "seconds[].due". What codes there are is no matter of form.
void collect_keys(const json::value& value, const std::string& at, std::set<std::string>& keys)
{
    if (at.ends_with(".codes")) return;
    if (const auto* object = value.if_object())
        for (const auto& [key, part] : *object) {
            keys.insert(at + "." + std::string(key));
            collect_keys(part, at + "." + std::string(key), keys);
        }
    if (const auto* array = value.if_array())
        for (const json::value& part : *array) collect_keys(part, at + "[]", keys);
}

std::set<std::string> keys_of(const json::value& value)
{
    std::set<std::string> keys;
    collect_keys(value, "", keys);
    return keys;
}

/// The page's sample: the lines that stand four columns in, from the one that begins the object.
std::string sample_of(const std::string& file)
{
    std::ifstream page(file);
    std::string sample;
    for (std::string line; std::getline(page, line);) {
        if (sample.empty() && !line.starts_with("    {\"schema\"")) continue;
        if (!line.starts_with("    ")) break;
        sample += line + "\n";
    }
    return sample;
}

} // namespace

TEST_CASE("load command: the sample of the page has the keys of a real report")
{
    CommandGame game;
    game.options.thresholds = {"p99<60s"};
    const auto real = keys_of(game.report());
    const auto told = keys_of(json::parse(sample_of(std::string(TOLLGATE_SOURCE_DIR) + "/docs/load.md")));
    for (const std::string& key : real) {
        CAPTURE(key);
        CHECK(told.contains(key));
    }
    for (const std::string& key : told) {
        CAPTURE(key);
        CHECK(real.contains(key));
    }
}

TEST_CASE("load command: the report as a page has the report in it")
{
    const std::string page =
        (std::filesystem::temp_directory_path() / ("tollgate-load-" + std::to_string(::getpid()) + ".html"))
            .string();
    CommandGame game;
    game.options.html = page;
    CHECK(game.run() == Exit::done);
    CHECK(read_whole_file(page).find("{\"schema\":\"tollgate/load/1\"") != std::string::npos);

    CommandGame search;
    search.options.html = page;
    search.options.find_max = "declined>50%"; // which no rate meets
    CHECK(search.run() == Exit::differs);
    CHECK(read_whole_file(page).find("{\"schema\":\"tollgate/load-search/1\"") != std::string::npos);
    std::filesystem::remove(page);
}

TEST_CASE("load command: a report that cannot be written whole is told, behind what was found")
{
    const std::string file =
        (std::filesystem::temp_directory_path() / ("tollgate-load-" + std::to_string(::getpid()) + ".json"))
            .string();
    const IgnoredSignal full(SIGXFSZ); // a limit for files is a full disk
    ::rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const ::rlimit small{100, before.rlim_max};
    CommandGame game;
    game.options.output = file;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK_THROWS_AS((void)game.run(), ReportError);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK(game.out.str().find("answered") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("load command: one seed has one schedule")
{
    CommandGame first;
    CommandGame second;
    CommandGame other;
    other.options.seed = 43;
    const auto schedule = first.report().at("schedule");
    CHECK(second.report().at("schedule") == schedule);
    CHECK(other.report().at("schedule") != schedule);
}

TEST_CASE("load command: progress for programs is one object per second")
{
    CommandGame game;
    game.options.progress = "jsonl";
    game.options.lasts = "1100ms";
    CHECK(game.run() == Exit::done);
    std::istringstream lines(game.err.str());
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        const json::value row = json::parse(line);
        CHECK(row.at("schema") == "tollgate/load-progress/1");
        CHECK(row.at("second") == count);
    }
    CHECK(count >= 2);
}

TEST_CASE("load command: the highest rate is looked for")
{
    CommandGame game;
    game.options.rate = "100/s";
    game.options.lasts = "100ms";
    game.options.arrivals = "constant";
    game.options.find_max = "rate<1000/s"; // a limit that does not depend on the machine
    CHECK(game.run() == Exit::done);
    const std::string text = game.out.str();
    CAPTURE(text);
    const std::size_t at = text.find("highest rate that meets rate<1000/s: ");
    REQUIRE(at != std::string::npos);
    const double best =
        std::atof(text.c_str() + at + std::string("highest rate that meets rate<1000/s: ").size());
    CHECK(best >= 940);
    CHECK(best < 1'000);

    CommandGame hopeless;
    hopeless.options.find_max = "declined>50%";
    CHECK(hopeless.run() == Exit::differs);
    CHECK(hopeless.out.str().find("no rate meets") != std::string::npos);
}

TEST_CASE("load command: a search that the generator ends says so, and finds nothing where it keeps no rate")
{
    CommandGame game;
    game.options.rate = "100/s";
    game.options.lasts = "20ms";
    game.options.arrivals = "constant";
    game.options.slip_limit = "0us"; // no generator keeps that
    game.options.find_max = "p99<60s";
    CHECK(game.run() == Exit::invalid);
    CHECK(game.out.str().find("INVALID: nobody knows of a rate that meets p99<60s") != std::string::npos);
}

TEST_CASE("load command: a search keeps what it has measured when the server goes")
{
    /// Ends the server behind the first step's line.
    struct Killer final : std::stringbuf {
        int sync() override
        {
            if (str().find("passed") != std::string::npos) server.reset();
            return 0;
        }
        std::unique_ptr<test::AnswererThread> server;
    };
    CommandGame game;
    Killer killer;
    killer.server = std::make_unique<test::AnswererThread>(*game.network, LoadAnswerer::Settings{});
    const std::string file =
        (std::filesystem::temp_directory_path() / ("tollgate-lost-" + std::to_string(::getpid()) + ".json"))
            .string();
    game.options.target = text_of(killer.server->address());
    game.options.find_max = "p99<60s";
    game.options.output = file;
    std::ostream words(&killer);
    CHECK(run_load(game.options, words, game.err) == Exit::unreachable);
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    std::filesystem::remove(file);
    const json::value report = json::parse(text.str());
    CHECK(report.at("limit") == "lost");
    CHECK(report.at("best_per_second") == 500.0);
    CHECK(report.at("steps").as_array().size() == 1);
    CHECK(killer.str().find("a rate that meets p99<60s: 500/s; the server was lost: ") != std::string::npos);
}

TEST_CASE("load command: wrong usage says what is right")
{
    struct Row {
        const char* name;
        void (*broken)(LoadOptions&);
    };
    const Row rows[] = {
        {"a rate without a time", [](LoadOptions& o) { o.lasts.reset(); }},
        {"a time without a rate", [](LoadOptions& o) { o.rate.reset(); }},
        {"a rate without a unit", [](LoadOptions& o) { o.rate = "500"; }},
        {"a time without a unit", [](LoadOptions& o) { o.lasts = "5"; }},
        {"no load at all", [](LoadOptions& o) { o.rate.reset(), o.lasts.reset(); }},
        {"no server and no database", [](LoadOptions& o) { o.target.reset(); }},
        {"no such scenario", [](LoadOptions& o) { o.mix = "sail"; }},
        {"one file for two reports",
         [](LoadOptions& o) { o.output = o.html = "/tmp/no-such-folder/report"; }},
        {"no such stage in a threshold", [](LoadOptions& o) { o.thresholds = {"nowhere.p99<1s"}; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CommandGame game;
        row.broken(game.options);
        CHECK_THROWS_AS((void)game.run(), std::invalid_argument);
    }
    CommandGame nobody;
    nobody.options.target = "127.0.0.1:1";
    CHECK_THROWS_AS((void)nobody.run(), WireError);
}

TEST_CASE(
    "load command: no step of a search sends the keys of another one, even when all begin at one moment")
{
    std::multiset<std::vector<std::uint8_t>> seen;
    LoadAnswerer::Settings settings;
    settings.seen = [&](std::size_t, std::span<const std::uint8_t> request) {
        seen.emplace(request.begin(), request.end());
    };
    CommandGame game(settings);
    const auto file = std::filesystem::temp_directory_path() /
                      ("tollgate-find-max-" + std::to_string(::getpid()) + ".toml");
    std::ofstream(file) << "start = \"2026-08-01T03:15:00Z\"\n[[stage]]\nfor = \"100ms\"\nrate = \"200/s\"\n"
                           "[[mix]]\nscenario = \"sale\"\n";
    game.options.file = file.string();
    game.options.rate.reset();
    game.options.lasts.reset();
    game.options.find_max = "p99<1us"; // no rate meets it: there are several steps
    CHECK(game.run() == Exit::differs);
    std::filesystem::remove(file);
    game.host.stop();
    CHECK(seen.size() > 20);
    CHECK(std::set(seen.begin(), seen.end()).size() == seen.size());
}

TEST_CASE("load command: a report that cannot be written is refused before the run, and an old one stays")
{
    for (std::string LoadOptions::*option : {&LoadOptions::output, &LoadOptions::html}) {
        bool was_asked = false;
        LoadAnswerer::Settings settings;
        settings.seen = [&](std::size_t, std::span<const std::uint8_t>) { was_asked = true; };
        CommandGame game(settings);
        game.options.*option = "/proc/nowhere/report";
        CHECK_THROWS_AS((void)game.run(), FileError);
        game.host.stop();
        CHECK_FALSE(was_asked);
    }
}
