#include "tests/support/config_text.hpp"

using namespace std::chrono_literals;

using config_text::all_of;
using config_text::config_of;
using config_text::parse;
using config_text::replaced;

namespace {

const std::string& good_text = config_text::good;

} // namespace

TEST_CASE("config: a good file, with the defaults that it leaves out")
{
    const auto result = parse(good_text);
    REQUIRE_MESSAGE(result.config, all_of(result.errors));
    const auto& c = *result.config;
    CHECK(c.node.name == "tollgate");
    CHECK(c.node.drain_timeout == 5s);
    CHECK_FALSE(c.node.own_processor);
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
own_processor = true
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
    CHECK(result.config->node.own_processor);
}

TEST_CASE("config: a path is relative to the file, a built-in name stays")
{
    const auto text = replaced(good_text, "\"iso87-ascii\"", "\"dialects/mine.toml\"");
    const auto result = parse(text);
    REQUIRE(result.config);
    CHECK(result.config->links[0].dialect == "/etc/tollgate/dialects/mine.toml");
    CHECK(result.config->links[0].profile == "iso-single-message");
}

TEST_CASE("config: every value of a link that dials can be set")
{
    const auto text = replaced(good_text, "listen = \"127.0.0.1:5000\"", R"(role = "connect"
connect = ["net-a.example:9000", "[2001:db8::1]:9001"]
sessions = 4
reconnect = { first = "100ms", max = "5s", jitter = 0.5 }
echo = { interval = "30s", timeout = "3s", misses_max = 2 }
mac_key_file = "mac.key"
key_state_file = "mac.state"
zone_key_file = "/keys/zone.key"
tls = { certificate_file = "a.crt", private_key_file = "a.key", ca_file = "/ca/ca.pem", crl_file = "crl.pem", peer_names = ["net-a.example"], minimum = "1.3", handshake_timeout = "4s" })");
    const auto link = config_of(text).links[0];
    CHECK(link.role == net::Role::connect);
    REQUIRE(link.addresses.size() == 2);
    CHECK(link.addresses[0].host == "net-a.example");
    CHECK(link.addresses[0].port == 9'000);
    CHECK(link.addresses[1].host == "2001:db8::1");
    CHECK(link.sessions == 4);
    CHECK(link.reconnect.first == 100ms);
    CHECK(link.reconnect.max == 5s);
    CHECK(link.reconnect.jitter == doctest::Approx(0.5));
    CHECK(link.echo.interval == 30s);
    CHECK(link.echo.timeout == 3s);
    CHECK(link.echo.misses_max == 2);
    CHECK(link.mac_key_file == "/etc/tollgate/mac.key");
    CHECK(link.key_state_file == "/etc/tollgate/mac.state");
    CHECK(link.zone_key_file == "/keys/zone.key");
    REQUIRE(link.tls);
    CHECK(link.tls->certificate_file == "/etc/tollgate/a.crt");
    CHECK(link.tls->private_key_file == "/etc/tollgate/a.key");
    CHECK(link.tls->ca_file == "/ca/ca.pem");
    CHECK(link.tls->crl_file == "/etc/tollgate/crl.pem");
    CHECK(link.tls->peer_names == std::vector<std::string>{"net-a.example"});
    CHECK(link.tls->minimum == net::TlsVersion::v1_3);
    CHECK(link.tls->handshake_timeout == 4s);
}

TEST_CASE("config: every value of a link that listens beyond loopback can be set")
{
    const auto text = replaced(good_text, "127.0.0.1:5000\"", R"([::]:5000"
allow = ["10.20.0.0/16", "2001:db8::/32", "192.0.2.7"])") +
                      R"([link.tls]
certificate_file = "a.crt"
private_key_file = "credential:acq-a.key"
client_certificate = false
[limits]
connections_total = 11
in_flight_total = 12
buffer_bytes_total = 1048576
handshakes_pending = 9
connections_per_source = 8
accepts_per_source_second = 7
[admin]
address = "127.0.0.1:9583"
[log]
level = "warning"
[node]
handover_socket = "/run/t.sock"
)";
    const auto c = config_of(text, {}, {"CREDENTIALS_DIRECTORY=/run/credentials/t"});
    const auto& link = c.links[0];
    REQUIRE(link.allow.size() == 3);
    CHECK(link.allow[0].address == "10.20.0.0");
    CHECK(link.allow[0].prefix_length == 16);
    CHECK(link.allow[1].prefix_length == 32);
    CHECK(link.allow[2].prefix_length == 32);
    REQUIRE(link.tls);
    CHECK(link.tls->private_key_file == "/run/credentials/t/acq-a.key");
    CHECK_FALSE(link.tls->client_certificate);
    CHECK(c.limits.connections_total == 11);
    CHECK(c.limits.in_flight_total == 12);
    CHECK(c.limits.buffer_bytes_total == 1'048'576);
    CHECK(c.limits.handshakes_pending == 9);
    CHECK(c.limits.connections_per_source == 8);
    CHECK(c.limits.accepts_per_source_second == 7);
    REQUIRE(c.admin.address);
    CHECK(c.admin.address->port == 9'583);
    CHECK(c.log.level == net::LogLevel::warning);
    CHECK(c.node.handover_socket == "/run/t.sock");
}

TEST_CASE("config: plain TCP beyond loopback is a choice, and told")
{
    const auto result = parse(replaced(good_text, "127.0.0.1:5000\"", "0.0.0.0:5000\"\nplain_tcp = true"));
    REQUIRE(result.config);
    CHECK(result.config->links[0].plain_tcp);
    CHECK(all_of(result.warnings).find("goes beyond loopback without TLS") != std::string::npos);
}
