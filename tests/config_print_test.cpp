#include "net/config_keys.hpp"
#include "net/config_secrets.hpp"
#include "tests/support/config_text.hpp"

#include <fstream>
#include <iterator>

using config_text::all_of;
using config_text::config_of;
using config_text::good;
using config_text::parse;
using config_text::replaced;

namespace {

/// Lines "#key = value" and "#[table]" without their sign.
std::string uncommented(const std::string& text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        const bool is_key = text[at] == '#' && text[at + 1] != ' ';
        out += text.substr(at + (is_key ? 1 : 0), end + 1 - at - (is_key ? 1 : 0));
        at = end + 1;
    }
    return out;
}

} // namespace

TEST_CASE("print: the defaults parse, and are the defaults")
{
    const auto config = config_of(net::print_defaults());
    for (const auto& key : net::process_keys()) {
        CAPTURE(key.name);
        if (key.about.need == net::Need::optional) CHECK(key.text(config) == key.text(net::Config{}));
    }
    REQUIRE(config.links.size() == 1);
    for (const auto& key : net::link_keys()) {
        CAPTURE(key.name);
        if (key.about.need == net::Need::optional && key.name != "listen")
            CHECK(key.text(config.links[0]) == key.text(net::LinkConfig{}));
    }
}

TEST_CASE("print: every key is among the defaults, and no other")
{
    const std::string text = uncommented(net::print_defaults());
    const auto result = parse(text, {}, {"CREDENTIALS_DIRECTORY=/run"});
    const auto errors = all_of(result.errors);
    CAPTURE(errors);
    CHECK(errors.find("unknown key") == std::string::npos);
    CHECK(errors.find("must be one of") == std::string::npos);
    for (const auto& key : net::process_keys()) {
        CAPTURE(key.name);
        CHECK(result.origins.contains(key.name));
        CHECK_FALSE(key.about.meaning.empty());
    }
    for (const auto& key : net::link_keys()) {
        CAPTURE(key.name);
        CHECK(result.origins.contains("link.acq-a." + key.name));
        CHECK_FALSE(key.about.meaning.empty());
    }
}

TEST_CASE("print: effective values say where they come from, and parse to the same")
{
    const auto text = replaced(good, "postgresql:///tollgate", "postgresql://u:secret@h/d?password=secret");
    const auto result = parse(text, {"link.acq-a.in_flight=7"}, {"TOLLGATE__LIMITS__IN_FLIGHT_TOTAL=900"});
    REQUIRE_MESSAGE(result.config, all_of(result.errors));
    const std::string shown = net::print_effective(result);
    CAPTURE(shown);
    CHECK(shown.find("secret") == std::string::npos);
    for (const std::string line :
         {"url = \"postgresql://u:***@h/d?password=***\"  # /etc/tollgate/fe.toml:2:7\n",
          "in_flight_total = 900  # TOLLGATE__LIMITS__IN_FLIGHT_TOTAL\n",
          "in_flight = 7  # --set link.acq-a.in_flight=7\n",
          "network_timeout = \"5s\"  # /etc/tollgate/fe.toml:12:19\n", "connections_max = 256  # default\n",
          "# allow: none  # default\n"}) {
        CAPTURE(line);
        CHECK(shown.find(line) != std::string::npos);
    }
    const auto again = parse(shown);
    REQUIRE_MESSAGE(again.config, all_of(again.errors));
    CHECK(again.config->links[0].in_flight == 7);
    CHECK(again.config->limits.in_flight_total == 900);
}

TEST_CASE("print: the documentation has the rows that the table of keys gives")
{
    std::ifstream file(TOLLGATE_SOURCE_DIR "/docs/configuration.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    REQUIRE_FALSE(page.empty());
    const std::string reference = net::print_reference();
    for (std::size_t at = 0; at < reference.size();) {
        const auto end = reference.find('\n', at);
        const std::string row = reference.substr(at, end + 1 - at);
        CAPTURE(row);
        CHECK(page.find(row) != std::string::npos);
        at = end + 1;
    }
}

TEST_CASE("print: a password is not shown, however it is written")
{
    struct Row {
        std::string text;
        std::string shown;
    };
    const Row rows[] = {
        {"postgresql:///tollgate?host=/run/postgresql", "postgresql:///tollgate?host=/run/postgresql"},
        {"postgresql://u@h:5432/d", "postgresql://u@h:5432/d"},
        {"postgresql://u:p@h:5432/d", "postgresql://u:***@h:5432/d"},
        {"postgresql://u:p:/@?q@h/d", "postgresql://u:***@h/d"},
        {"postgresql://h/d?password=p&user=u", "postgresql://h/d?password=***&user=u"},
        {"postgresql://h/d?pass%77ord=p", "postgresql://h/d?pass%77ord=***"},
        {"host=h password=p user=u", "host=h password=*** user=u"},
        {"host=h password = p user=u", "host=h password = *** user=u"},
        {"host=h password='p q\\' r' user=u", "host=h password=***"},
        {"sslpassword=p", "sslpassword=***"},
        {"\"password=p\"", "\"password=***\""},
        {"dbname=passes", "dbname=passes"},
        {"", ""},
    };
    for (const Row& row : rows) CHECK(net::without_passwords(row.text) == row.shown);
}
