#include "net/config.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace std::chrono_literals;

namespace {

const std::string good_text = R"([store]
url = "postgresql:///tollgate"
[cards]
token_key_file = "token.key"
bins = ["400000", "999999"]
[[link]]
name = "acq-a"
listen = "127.0.0.1:5000"
network = "net-a"
dialect = "iso87-ascii"
profile = "iso-single-message"
network_timeout = "5s"
)";

net::ConfigResult parse(const std::string& text, std::vector<std::string> settings = {},
                        const std::string& url = "")
{
    return net::parse_config(text, {"/etc/tollgate/fe.toml", std::move(settings), url});
}

std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

std::string all_of(const std::vector<std::string>& errors)
{
    std::string all;
    for (const auto& error : errors) all += error + "\n";
    return all;
}

} // namespace

TEST_CASE("config: a good file, with the defaults that it leaves out")
{
    const auto result = parse(good_text);
    REQUIRE_MESSAGE(result.config, all_of(result.errors));
    const auto& c = *result.config;
    CHECK(c.node.name == "tollgate");
    CHECK(c.node.drain_timeout == 5s);
    CHECK(c.store.url == "postgresql:///tollgate");
    CHECK(c.store.workers == 2);
    CHECK(c.store.batch_max == 512);
    CHECK(c.store.queue_max == 20'000);
    CHECK(c.cards.token_key_file == "/etc/tollgate/token.key");
    CHECK(c.cards.bins == std::vector<std::string>{"400000", "999999"});
    REQUIRE(c.links.size() == 1);
    const auto& link = c.links[0];
    CHECK(link.addresses.front().host == "127.0.0.1");
    CHECK(link.addresses.front().port == 5'000);
    CHECK(link.dialect == "iso87-ascii");
    CHECK(link.sign_on == net::SignOn::optional);
    CHECK(link.in_flight == 4'000);
    CHECK(link.connections_max == 256);
    CHECK(link.framing->name == "be16");
    CHECK(link.header == codec::HeaderKind::none);
    CHECK(link.keep_alive == net::KeepAlive::ignore);
    CHECK(link.message_bytes_max == 8'192);
    CHECK(link.frame_timeout == 10s);
    CHECK(link.idle_timeout == 180s);
    CHECK(link.staleness_limit == 120s);
    CHECK_FALSE(link.partial_cancels);
    CHECK_FALSE(link.partial_approval_min_minor);
    CHECK(link.blocked_mccs.empty());
    CHECK(link.format_errors_max == 5);
}

TEST_CASE("config: deadlines are derived from the network's timeout")
{
    const auto result = parse(good_text);
    REQUIRE(result.config);
    CHECK(result.config->links[0].timing.answer_cutoff() == 4'500ms);
    CHECK(result.config->links[0].timing.decide_deadline() == 3'800ms);
}

TEST_CASE("config: every value can be set")
{
    const auto text = replaced(good_text, "network_timeout = \"5s\"", R"(network_timeout = "2s"
transit_out = "10ms"
transit_in = "20ms"
safety = "30ms"
undo_budget = "40ms"
sign_on = "required"
in_flight = 7
connections_max = 8
framing = "ascii4-inclusive"
header = "tpdu"
keep_alive = "echo"
message_bytes_max = 9000
frame_timeout = "3s"
idle_timeout = "1m"
staleness_limit = "off"
partial_cancels = true
partial_approval_min = 500
blocked_mccs = ["7995"]
format_errors_max = 0
[node]
name = "fe-1"
drain_timeout = "9s"
)");
    const auto result = parse(text);
    REQUIRE_MESSAGE(result.config, all_of(result.errors));
    const auto& link = result.config->links[0];
    CHECK(link.timing.decide_deadline() == 1'900ms);
    CHECK(link.sign_on == net::SignOn::required);
    CHECK(link.in_flight == 7);
    CHECK(link.connections_max == 8);
    CHECK(link.framing->name == "ascii4-inclusive");
    CHECK(link.header == codec::HeaderKind::tpdu);
    CHECK(link.keep_alive == net::KeepAlive::echo);
    CHECK(link.message_bytes_max == 9'000);
    CHECK(link.envelope().framing.limit() == 9'000);
    CHECK(link.frame_timeout == 3s);
    CHECK(link.idle_timeout == 60s);
    CHECK_FALSE(link.staleness_limit);
    CHECK(link.partial_cancels);
    CHECK(link.partial_approval_min_minor == 500);
    CHECK(link.blocked_mccs == std::vector<std::string>{"7995"});
    CHECK(link.format_errors_max == 0);
    CHECK(result.config->node.name == "fe-1");
    CHECK(result.config->node.drain_timeout == 9s);
}

TEST_CASE("config: one mistake, one line with its place")
{
    struct Row {
        const char* name;
        std::string text;
        std::string error;
    };
    const auto line = [](const std::string& from, const std::string& to) {
        return replaced(good_text, from, to);
    };
    const Row rows[] = {
        {"no TOML", "[store\n", "/etc/tollgate/fe.toml:1:"},
        {"unknown key", line("url =", "worker = 3\nurl ="),
         "fe.toml:2:10: unknown key \"worker\" in [store]; did you mean \"workers\"?"},
        {"unknown table", line("[cards]", "[tls]\n[cards]"), "unknown key \"tls\" in [the file]"},
        {"no url", line("url = \"postgresql:///tollgate\"\n", ""), "\"url\" in [store] is required"},
        {"no store", line("[store]\nurl = \"postgresql:///tollgate\"\n", ""),
         "\"store\" in [the file] is required"},
        {"no cards", line("[cards]\ntoken_key_file = \"token.key\"\nbins = [\"400000\", \"999999\"]\n", ""),
         "\"cards\" in [the file] is required"},
        {"empty bins", line("[\"400000\", \"999999\"]", "[]"), "\"bins\" in [cards] is required"},
        {"bins of letters", line("\"400000\"", "\"4x\""),
         "fe.toml:5:8: \"bins\" in [cards] must hold prefixes"},
        {"bins of numbers", line("\"400000\"", "400000"), "must be a list of texts"},
        {"wrong type", line("\"token.key\"", "7"),
         "fe.toml:4:18: \"token_key_file\" in [cards] must be text"},
        {"no timeout", line("network_timeout = \"5s\"\n", ""),
         "fe.toml:6:1: \"network_timeout\" in [link] is required"},
        {"timeout too short", line("\"5s\"", "\"1200ms\""), "leaves no time to decide"},
        {"no unit", line("\"5s\"", "\"5\""), "must be a duration such as"},
        {"a number for a time", line("\"5s\"", "5"), "must be a duration such as"},
        {"below zero", line("\"5s\"", "\"-5s\""), "must be a duration such as"},
        {"no port", line(":5000", ""), "must be ADDRESS:PORT"},
        {"port too high", line(":5000", ":65536"), "must be ADDRESS:PORT"},
        {"port with letters", line(":5000", ":50x"), "must be ADDRESS:PORT"},
        {"no profile", line("profile = \"iso-single-message\"\n", ""), "\"profile\" in [link] is required"},
        {"empty network", line("\"net-a\"", "\"\""), "\"network\" in [link] must not be empty"},
        {"sign_on", good_text + "sign_on = \"require\"\n", "did you mean \"required\"?"},
        {"too many workers", line("url =", "workers = 65\nurl ="), "must be a number from 1 to 64"},
        {"no such framing", good_text + "framing = \"be61\"\n",
         "\"framing\" in [link] must be one of \"be16\", "},
        {"a framing nearly right", good_text + "framing = \"ascii-4\"\n", "did you mean \"ascii4\"?"},
        {"no frame", good_text + "framing = \"none\"\n",
         "\"framing\" in [link] \"none\" is not served: one read"},
        {"gzip", good_text + "framing = \"gzip\"\n", "\"gzip\" is not served: a compressed message"},
        {"framing is no text", good_text + "framing = 2\n", "\"framing\" in [link] must be text"},
        {"header", good_text + "header = \"tdpu\"\n", "did you mean \"tpdu\"?"},
        {"keep_alive", good_text + "keep_alive = \"reply\"\n", "must be one of \"ignore\", \"echo\""},
        {"more than three digits say", good_text + "framing = \"ascii3\"\nmessage_bytes_max = 1000\n",
         "\"message_bytes_max\" in [link] is more than framing and header can say: 999"},
        {"more than a header says", good_text + "header = \"cups\"\nmessage_bytes_max = 10000\n",
         "can say: 9999"},
        {"stale", good_text + "staleness_limit = \"10ms\"\n", "at least \"1s\", or \"off\""},
        {"a minimum of nothing", good_text + "partial_approval_min = 0\n", "partial_approval_min"},
        {"merchant category", good_text + "blocked_mccs = [\"79\"]\n", "four digits"},
        {"no link", good_text.substr(0, good_text.find("[[link]]")), "at least one [[link]]"},
        {"twice", good_text + good_text.substr(good_text.find("[[link]]")), "link \"acq-a\" is there twice"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto result = parse(row.text);
        CHECK_FALSE(result.config);
        CAPTURE(all_of(result.errors));
        CHECK(result.errors.size() == 1);
        CHECK(all_of(result.errors).find(row.error) != std::string::npos);
    }
}

TEST_CASE("config: all mistakes are told at once")
{
    auto text = replaced(good_text, "127.0.0.1:5000", "nowhere");
    text = replaced(text, "\"5s\"", "5");
    text = replaced(text, "bins", "bin");
    const auto result = parse(text);
    CHECK(result.errors.size() == 4); // bins is missing, bin unknown, listen, network_timeout
}

TEST_CASE("config: settings of the command line win")
{
    const auto result =
        parse(good_text, {"store.workers=4", "link.acq-a.network_timeout=2s", "node.name=fe-2",
                          "link.acq-a.listen=127.0.0.1:0", "cards.bins=[\"1\"]"});
    REQUIRE_MESSAGE(result.config, all_of(result.errors));
    CHECK(result.config->store.workers == 4);
    CHECK(result.config->links[0].timing.network_timeout == 2s);
    CHECK(result.config->links[0].addresses.front().port == 0);
    CHECK(result.config->node.name == "fe-2");
    CHECK(result.config->cards.bins == std::vector<std::string>{"1"});
}

TEST_CASE("config: a wrong setting is told as such")
{
    const char* settings[] = {"workers=4", "store.workers", "link.none.in_flight=3", "store.workers=many",
                              "link.acq-a.colour=red"};
    for (const char* setting : settings) {
        CAPTURE(std::string(setting));
        const auto result = parse(good_text, {setting});
        CHECK(result.errors.size() == 1);
        CHECK(all_of(result.errors).find("--set " + std::string(setting)) != std::string::npos);
    }
}

TEST_CASE("config: the database may be named by the surroundings")
{
    const auto text = replaced(good_text, "url = \"postgresql:///tollgate\"\n", "");
    const auto result = parse(text, {}, "postgresql:///other");
    REQUIRE(result.config);
    CHECK(result.config->store.url == "postgresql:///other");
    CHECK(parse(good_text, {}, "postgresql:///other").config->store.url == "postgresql:///tollgate");
}

TEST_CASE("config: a path is relative to the file, a built-in name stays")
{
    const auto text = replaced(good_text, "\"iso87-ascii\"", "\"dialects/mine.toml\"");
    const auto result = parse(text);
    REQUIRE(result.config);
    CHECK(result.config->links[0].dialect == "/etc/tollgate/dialects/mine.toml");
    CHECK(result.config->links[0].profile == "iso-single-message");
}
