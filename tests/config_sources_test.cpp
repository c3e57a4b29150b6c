#include "tests/support/config_text.hpp"

using namespace std::chrono_literals;
using config_text::all_of;
using config_text::config_of;
using config_text::good;
using config_text::parse;
using config_text::replaced;

TEST_CASE("sources: settings of the command line win")
{
    const auto config = config_of(good, {"store.workers=4", "link.acq-a.network_timeout=2s", "node.name=fe-2",
                                         "link.acq-a.listen=127.0.0.1:0", "cards.bins=[\"1\"]",
                                         "link.acq-a.echo.interval=30s"});
    CHECK(config.store.workers == 4);
    CHECK(config.links[0].timing.network_timeout == 2s);
    CHECK(config.links[0].addresses.front().port == 0);
    CHECK(config.node.name == "fe-2");
    CHECK(config.cards.bins == std::vector<std::string>{"1"});
    CHECK(config.links[0].echo.interval == 30s);
}

TEST_CASE("sources: a wrong setting is told as such")
{
    struct Row {
        const char* setting;
        const char* error;
    };
    const Row rows[] = {
        {"workers=4", "--set workers=4: no such table; write TABLE.KEY=VALUE or link.NAME.KEY=VALUE\n"},
        {"store.workers", "--set store.workers: must be KEY=VALUE, for example store.workers=4\n"},
        {"=4", "--set =4: no such table; write TABLE.KEY=VALUE or link.NAME.KEY=VALUE\n"},
        {"link.none.in_flight=3",
         "--set link.none.in_flight=3: no such table; write TABLE.KEY=VALUE or link.NAME.KEY=VALUE\n"},
        {"link=3", "--set link=3: no such table; write TABLE.KEY=VALUE or link.NAME.KEY=VALUE\n"},
        {"store.workers.many=3",
         "--set store.workers.many=3: \"workers\" in [store] must be a number from 1 to 64\n"},
        {"store.workers=many",
         "--set store.workers=many: \"workers\" in [store] must be a number from 1 to 64\n"},
        {"link.acq-a.in_fligth=3",
         "--set link.acq-a.in_fligth=3: unknown key \"in_fligth\" in [[link]] \"acq-a\"; did you mean "
         "\"in_flight\"?\n"},
        {"stor.workers=3",
         "--set stor.workers=3: unknown key \"stor\" in the file; did you mean \"store\"?\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.setting));
        CHECK(all_of(parse(good, {row.setting}).errors) == row.error);
    }
}

TEST_CASE("sources: what a setting says of a password or a key is not repeated")
{
    for (const std::string secret :
         {"store.url={ a = \"postgresql://u:secret@h/d\" }", "store.url=[\"host=h password=secret\"]",
          "cards.bins=-----BEGIN PRIVATE KEY-----secret"}) {
        const auto errors = all_of(parse(good, {secret}).errors);
        CHECK(errors.starts_with("--set "));
        CHECK(errors.find("secret") == std::string::npos);
    }
}

TEST_CASE("sources: the environment wins over files, settings over the environment")
{
    const std::vector<std::string> environment = {
        "TOLLGATE__STORE__WORKERS=3", "TOLLGATE__STORE__BATCH_MAX=7", "TOLLGATE__LINK__ACQ_A__IN_FLIGHT=8",
        "TOLLGATE__LINK__ACQ_A__ECHO__INTERVAL=9s", "HOME=/root"};
    const auto text = replaced(good, "url =", "workers = 2\nbatch_max = 2\nurl =");
    const auto config = config_of(text, {"store.workers=4"}, environment);
    CHECK(config.store.workers == 4);
    CHECK(config.store.batch_max == 7);
    CHECK(config.links[0].in_flight == 8);
    CHECK(config.links[0].echo.interval == 9s);
    CHECK(all_of(parse(good, {}, {"TOLLGATE__LIMITS__IN_FLIGHT_TOTL=1"}).errors) ==
          "TOLLGATE__LIMITS__IN_FLIGHT_TOTL: unknown key \"in_flight_totl\" in [limits]; did you mean "
          "\"in_flight_total\"?\n");
}

TEST_CASE("sources: the database may be named by the environment")
{
    const auto text = replaced(good, "url = \"postgresql:///tollgate\"\n", "");
    const std::vector<std::string> environment = {"TOLLGATE_DATABASE_URL=postgresql:///other"};
    CHECK(config_of(text, {}, environment).store.url == "postgresql:///other");
    CHECK(config_of(good, {}, environment).store.url == "postgresql:///tollgate");
}

TEST_CASE("sources: later files win, and links are merged by name")
{
    const std::string more = R"([store]
workers = 5
[cards]
token_key_file = "other.key"
[[link]]
name = "acq-a"
in_flight = 77
[[link]]
name = "acq-b"
listen = "127.0.0.1:5001"
network = "net-a"
dialect = "mine.toml"
profile = "iso-single-message"
network_timeout = "7s"
)";
    const auto result = net::parse_config({{{"/etc/t/base.toml", good}, {"/srv/site.toml", more}}, {}, {}});
    REQUIRE_MESSAGE(result.config, all_of(result.errors));
    const auto& config = *result.config;
    CHECK(config.store.url == "postgresql:///tollgate");
    CHECK(config.store.workers == 5);
    CHECK(config.cards.token_key_file == "/srv/other.key"); // relative to the file that names it
    REQUIRE(config.links.size() == 2);
    CHECK(config.links[0].in_flight == 77);
    CHECK(config.links[0].timing.network_timeout == 5s);
    CHECK(config.links[1].dialect == "/srv/mine.toml");
    CHECK(result.origins.at("store.workers") == "/srv/site.toml:2:11");
    CHECK(result.origins.at("link.acq-a.in_flight") == "/srv/site.toml:7:13");
    CHECK(result.origins.at("link.acq-a.network_timeout") == "/etc/t/base.toml:12:19");
}

TEST_CASE("sources: a mistake is told of the file that it is in")
{
    const auto result = net::parse_config(
        {{{"base.toml", replaced(good, "\"5s\"", "5")}, {"site.toml", "[store]\nworkers = 0\n"}}, {}, {}});
    CHECK(all_of(result.errors) == "base.toml:12:19: \"network_timeout\" in [[link]] \"acq-a\" must be a "
                                   "duration such as \"250ms\", \"5s\" or "
                                   "\"2m\"\n   12 | network_timeout = 5\n      |                   ^\n"
                                   "site.toml:2:11: \"workers\" in [store] must be a number from 1 to 64\n"
                                   "    2 | workers = 0\n      |           ^\n");
}
