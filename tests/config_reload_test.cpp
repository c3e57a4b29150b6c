#include "net/config_reload.hpp"
#include "tests/support/config_text.hpp"

#include <stdexcept>

using config_text::all_of;
using config_text::config_of;
using config_text::good;
using config_text::parse;
using config_text::replaced;

namespace {

std::string second_link()
{
    return replaced(replaced(good.substr(good.find("[[link]]")), "acq-a", "acq-b"), ":5000", ":5001");
}

/// A server that only remembers.
struct Node {
    std::string text = good;
    std::string read_error;
    std::vector<std::string> file_errors;
    std::string apply_error;
    std::vector<std::size_t> applied; ///< in_flight of the first link, each time
    std::string log_lines;
    net::Log log{net::Log::Level::info,
                 [this](std::string_view line) { log_lines += std::string(line) + "\n"; }};
    net::Reloads reloads;
    net::Reloader reloader{config_of(good),
                           {[this] {
                                if (!read_error.empty()) throw std::runtime_error(read_error);
                                return parse(text);
                            },
                            [this](const net::Config&) { return file_errors; },
                            [this](const net::Config& now) {
                                if (!apply_error.empty()) throw std::runtime_error(apply_error);
                                applied.push_back(now.links[0].in_flight);
                            },
                            &log, &reloads}};
};

} // namespace

TEST_CASE("reload: each change is a line, and what needs a restart is refused")
{
    struct Row {
        const char* name;
        std::string text;
        std::string changes;
        std::string refusals;
    };
    const Row rows[] = {
        {"nothing", good, "", ""},
        {"a limit", good + "[limits]\nin_flight_total = 9\n", "limits.in_flight_total 20000 -> 9\n", ""},
        {"of a link", good + "in_flight = 2000\n", "link acq-a: in_flight 4000 -> 2000\n", ""},
        {"a value that was none", good + "echo = { interval = \"30s\" }\n",
         "link acq-a: echo.interval none -> \"30s\"\n", ""},
        {"its address", replaced(good, ":5000", ":5002"),
         "link acq-a: listen \"127.0.0.1:5000\" -> \"127.0.0.1:5002\"\n", ""},
        {"a link more", good + second_link(), "link acq-b: added\n", ""},
        {"another name", replaced(good, "acq-a", "acq-c"), "link acq-c: added\nlink acq-a: removed\n", ""},
        {"network", replaced(good, "net-a", "net-b"), "",
         "link acq-a: network \"net-a\" -> \"net-b\": needs a restart\n"},
        {"workers", replaced(good, "url =", "workers = 3\nurl ="), "",
         "store.workers 2 -> 3: needs a restart\n"},
        {"the database", replaced(good, "postgresql:///tollgate", "postgresql://u:secret@h/d"), "",
         "store.url \"postgresql:///tollgate\" -> \"postgresql://u:***@h/d\": needs a restart\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto what = net::difference(config_of(good), config_of(row.text));
        CHECK(all_of(what.changes) == row.changes);
        CHECK(all_of(what.refusals) == row.refusals);
    }
}

TEST_CASE("reload: a good configuration is applied once, and is what the next one is compared with")
{
    Node node;
    node.text = good + "in_flight = 2000\n";
    CHECK(node.reloader.reload().empty());
    CHECK(node.applied == std::vector<std::size_t>{2'000});
    CHECK(node.log_lines.find("in_flight 4000 -> 2000") != std::string::npos);
    CHECK(node.log_lines.find("config_reloaded") != std::string::npos);
    node.text = good + "in_flight = 3000\n";
    CHECK(node.reloader.reload().empty());
    CHECK(node.log_lines.find("in_flight 2000 -> 3000") != std::string::npos);
}

TEST_CASE("reload: the level of the log holds from the next line on")
{
    Node node;
    node.log.debug("before");
    node.text = good + "[log]\nlevel = \"debug\"\n";
    CHECK(node.reloader.reload().empty());
    node.log.debug("after");
    CHECK(node.log_lines.find("before") == std::string::npos);
    CHECK(node.log_lines.find("log.level \\\"info\\\" -> \\\"debug\\\"") != std::string::npos);
    CHECK(node.log_lines.find("after") != std::string::npos);
}

TEST_CASE("reload: the metrics know whether the last one succeeded, and when one did")
{
    Node node;
    const auto start = node.reloads.succeeded_at();
    node.text = "[store\n";
    CHECK(!node.reloader.reload().empty());
    CHECK(node.reloads.has_failed());
    CHECK(node.reloads.succeeded_at() == start);
    node.text = good;
    CHECK(node.reloader.reload().empty());
    CHECK(!node.reloads.has_failed());
    CHECK(node.reloads.succeeded_at() > start);
}

TEST_CASE("reload: a configuration that cannot be used changes nothing and is told")
{
    struct Row {
        const char* name;
        void (*spoil)(Node&);
        std::string reason;
    };
    const Row rows[] = {
        {"a mistake", [](Node& node) { node.text = good + "in_fligth = 1\n"; },
         "unknown key \\\"in_fligth\\\""},
        {"no TOML", [](Node& node) { node.text = "[store\n"; }, "fe.toml:1:"},
        {"no file", [](Node& node) { node.read_error = "Is a directory"; }, "Is a directory"},
        {"a restart", [](Node& node) { node.text = replaced(good, "net-a", "net-b"); }, "needs a restart"},
        {"a file", [](Node& node) { node.file_errors = {"no such certificate"}; }, "no such certificate"},
        {"the server", [](Node& node) { node.apply_error = "address in use"; }, "address in use"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Node node;
        node.text = good + "in_flight = 2000\n";
        row.spoil(node);
        CHECK(node.reloader.reload().size() == 1);
        CHECK(node.applied.empty());
        CHECK(node.reloader.running().links[0].in_flight == 4'000);
        CHECK(node.log_lines.find("config_refused") != std::string::npos);
        CHECK(node.log_lines.find(row.reason) != std::string::npos);
        CHECK(node.log_lines.find("config_reloaded") == std::string::npos);
    }
}
