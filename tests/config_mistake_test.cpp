#include "tests/support/config_text.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <unistd.h>

using config_text::all_of;
using config_text::parse;
using config_text::replaced;

namespace {

const std::string& good = config_text::good;
const std::string tls = R"([link.tls]
certificate_file = "a.crt"
private_key_file = "a.key"
ca_file = "ca.pem"
peer_names = ["acq-a.example"]
)";

std::string with(const std::string& from, const std::string& to)
{
    return replaced(good, from, to);
}

std::string dialling(const std::string& more = "")
{
    return with("listen = \"127.0.0.1:5000\"", "role = \"connect\"\nconnect = [\"127.0.0.1:9\"]") + more;
}

} // namespace

TEST_CASE("config: a mistake is shown with its line and a caret")
{
    struct Row {
        const char* name;
        std::string text;
        std::string error;
    };
    const Row rows[] = {
        {"no TOML", "[store\n",
         R"(/etc/tollgate/fe.toml:1:7: Error while parsing table header: expected ']', saw '\n'
    1 | [store
      |       ^
)"},
        {"a bracket that ends nothing", good + "in_flight = [}\n",
         R"(/etc/tollgate/fe.toml:13:1: this is no TOML; expected a key, a value or a closing bracket
   13 | in_flight = [}
      | ^
)"},
        {"unknown key", with("url =", "worker = 3\nurl ="),
         R"(/etc/tollgate/fe.toml:2:1: unknown key "worker" in [store]
    2 | worker = 3
      | ^~~~~~ did you mean "workers"?
)"},
        {"unknown key of a link", good + "in_fligth = 4000\n",
         R"(/etc/tollgate/fe.toml:13:1: unknown key "in_fligth" in [[link]] "acq-a"
   13 | in_fligth = 4000
      | ^~~~~~~~~ did you mean "in_flight"?
)"},
        {"unknown table", with("[cards]", "[tls]\n[cards]"),
         R"(/etc/tollgate/fe.toml:3:2: unknown key "tls" in the file
    3 | [tls]
      |  ^~~
)"},
        {"no url", with("url = \"postgresql:///tollgate\"\n", ""),
         R"(/etc/tollgate/fe.toml:1:1: "url" in [store] is required: database, as libpq takes it; without it TOLLGATE_DATABASE_URL is taken
    1 | [store]
      | ^~~~~~~
)"},
        {"no store", with("[store]\nurl = \"postgresql:///tollgate\"\n", ""),
         R"(/etc/tollgate/fe.toml:1:1: "store.url" in the file is required: database, as libpq takes it; without it TOLLGATE_DATABASE_URL is taken
    1 | [cards]
      | ^
)"},
        {"no cards", with("[cards]\ntoken_key_file = \"token.key\"\nbins = [\"400000\", \"999999\"]\n", ""),
         R"(/etc/tollgate/fe.toml:1:1: "cards.token_key_file" in the file is required: 64 hexadecimal digits or more, readable by its owner only
    1 | [store]
      | ^
/etc/tollgate/fe.toml:1:1: "cards.bins" in the file is required: first digits of the card numbers that are ours; others are answered 15
    1 | [store]
      | ^
)"},
        {"empty bins", with("[\"400000\", \"999999\"]", "[]"),
         R"(/etc/tollgate/fe.toml:5:8: "bins" in [cards] must hold at least one prefix
    5 | bins = []
      |        ^~
)"},
        {"bins of letters", with("\"400000\"", "\"4x\""),
         R"(/etc/tollgate/fe.toml:5:8: "bins" in [cards] must hold prefixes of 1 to 11 digits
    5 | bins = ["4x", "999999"]
      |        ^~~~~~~~~~~~~~~~
)"},
        {"bins of numbers", with("\"400000\"", "400000"),
         R"(/etc/tollgate/fe.toml:5:8: "bins" in [cards] must be a list of texts
    5 | bins = [400000, "999999"]
      |        ^~~~~~~~~~~~~~~~~~
)"},
        {"wrong type", with("\"token.key\"", "7"),
         R"(/etc/tollgate/fe.toml:4:18: "token_key_file" in [cards] must be text in quotes
    4 | token_key_file = 7
      |                  ^
)"},
        {"the key instead of its file", with("\"token.key\"", "\"00112233445566778899aabbccddeeff\""),
         R"(/etc/tollgate/fe.toml:4:18: "token_key_file" in [cards] must be the name of a file; this looks like the key itself; put it into a file that only its user can read
)"},
        {"a private key", good + replaced(tls, "\"a.key\"", "\"\"\"-----BEGIN PRIVATE KEY-----\nMII\n\"\"\""),
         R"(/etc/tollgate/fe.toml:15:20: "private_key_file" in [link.tls] of "acq-a" must be the name of a file; this looks like the key itself; put it into a file that only its user can read
)"},
        {"no timeout", with("network_timeout = \"5s\"\n", ""),
         R"(/etc/tollgate/fe.toml:6:1: "network_timeout" in [[link]] "acq-a" is required: how long the network waits for an answer
    6 | [[link]]
      | ^~~~~~~~
)"},
        {"timeout too short", with("\"5s\"", "\"1200ms\""),
         R"(/etc/tollgate/fe.toml:12:19: "network_timeout" in [[link]] "acq-a" leaves no time to decide: it must be longer than transit_out + transit_in + safety + undo_budget
   12 | network_timeout = "1200ms"
      |                   ^~~~~~~~
)"},
        {"no unit", with("\"5s\"", "\"5\""),
         R"(/etc/tollgate/fe.toml:12:19: "network_timeout" in [[link]] "acq-a" must be a duration such as "250ms", "5s" or "2m"
   12 | network_timeout = "5"
      |                   ^~~
)"},
        {"a number for a time", with("\"5s\"", "5"),
         R"(/etc/tollgate/fe.toml:12:19: "network_timeout" in [[link]] "acq-a" must be a duration such as "250ms", "5s" or "2m"
   12 | network_timeout = 5
      |                   ^
)"},
        {"below zero", with("\"5s\"", "\"-5s\""),
         R"(/etc/tollgate/fe.toml:12:19: "network_timeout" in [[link]] "acq-a" must be a duration such as "250ms", "5s" or "2m"
   12 | network_timeout = "-5s"
      |                   ^~~~~
)"},
        {"no port", with(":5000", ""),
         R"(/etc/tollgate/fe.toml:8:10: "listen" in [[link]] "acq-a" must be ADDRESS:PORT, for example "127.0.0.1:5000"
    8 | listen = "127.0.0.1"
      |          ^~~~~~~~~~~
)"},
        {"port too high", with(":5000", ":65536"),
         R"(/etc/tollgate/fe.toml:8:10: "listen" in [[link]] "acq-a" must be ADDRESS:PORT, for example "127.0.0.1:5000"
    8 | listen = "127.0.0.1:65536"
      |          ^~~~~~~~~~~~~~~~~
)"},
        {"port with letters", with(":5000", ":50x"),
         R"(/etc/tollgate/fe.toml:8:10: "listen" in [[link]] "acq-a" must be ADDRESS:PORT, for example "127.0.0.1:5000"
    8 | listen = "127.0.0.1:50x"
      |          ^~~~~~~~~~~~~~~
)"},
        {"a name to listen on", with("127.0.0.1", "localhost"),
         R"(/etc/tollgate/fe.toml:8:10: "listen" in [[link]] "acq-a" must be ADDRESS:PORT, for example "127.0.0.1:5000"
    8 | listen = "localhost:5000"
      |          ^~~~~~~~~~~~~~~~
)"},
        {"no profile", with("profile = \"iso-single-message\"\n", ""),
         R"(/etc/tollgate/fe.toml:6:1: "profile" in [[link]] "acq-a" is required: iso-single-message, japanese-house, or a file
    6 | [[link]]
      | ^~~~~~~~
)"},
        {"empty network", with("\"net-a\"", "\"\""),
         R"(/etc/tollgate/fe.toml:9:11: "network" in [[link]] "acq-a" must not be empty
    9 | network = ""
      |           ^~
)"},
        {"link name", with("\"acq-a\"", "\"acq a\""),
         R"(/etc/tollgate/fe.toml:7:8: "name" in [[link]] "acq a" must be of at most 64 letters, digits and -_.
    7 | name = "acq a"
      |        ^~~~~~~
)"},
        {"sign_on", good + "sign_on = \"require\"\n",
         R"(/etc/tollgate/fe.toml:13:11: "sign_on" in [[link]] "acq-a" must be one of "optional", "required"
   13 | sign_on = "require"
      |           ^~~~~~~~~ did you mean "required"?
)"},
        {"too many workers", with("url =", "workers = 65\nurl ="),
         R"(/etc/tollgate/fe.toml:2:11: "workers" in [store] must be a number from 1 to 64
    2 | workers = 65
      |           ^~
)"},
        {"no such framing", good + "framing = \"be61\"\n",
         R"(/etc/tollgate/fe.toml:13:11: "framing" in [[link]] "acq-a" must be one of "be16", "be16-inclusive", "le16", "be24", "be32", "be32-inclusive", "be16-zeros", "be16-zeros-long", "zeros-be16", "rbp", "bcd2", "hex4", "ascii3", "ascii4", "ascii5", "ascii6", "ascii3-inclusive", "ascii4-inclusive", "ascii5-inclusive", "ascii6-inclusive", "ascii5-crlf", "be16-etx", "etx", "stx-etx-lrc"
   13 | framing = "be61"
      |           ^~~~~~ did you mean "be16"?
)"},
        {"gzip", good + "framing = \"gzip\"\n",
         R"(/etc/tollgate/fe.toml:13:11: "framing" in [[link]] "acq-a" "gzip" is not served: a compressed message says nothing about the memory that it needs
   13 | framing = "gzip"
      |           ^~~~~~
)"},
        {"framing is no text", good + "framing = 2\n",
         R"(/etc/tollgate/fe.toml:13:11: "framing" in [[link]] "acq-a" must be text in quotes
   13 | framing = 2
      |           ^
)"},
        {"header", good + "header = \"tdpu\"\n",
         R"(/etc/tollgate/fe.toml:13:10: "header" in [[link]] "acq-a" must be one of "none", "tpdu", "visa", "cups", "base24", "atm"
   13 | header = "tdpu"
      |          ^~~~~~ did you mean "tpdu"?
)"},
        {"keep_alive", good + "keep_alive = \"reply\"\n",
         R"(/etc/tollgate/fe.toml:13:14: "keep_alive" in [[link]] "acq-a" must be one of "ignore", "echo"
   13 | keep_alive = "reply"
      |              ^~~~~~~
)"},
        {"more than three digits say", good + "framing = \"ascii3\"\nmessage_bytes_max = 1000\n",
         R"(/etc/tollgate/fe.toml:14:21: "message_bytes_max" in [[link]] "acq-a" is more than framing and header can say: 999
   14 | message_bytes_max = 1000
      |                     ^~~~
)"},
        {"more than a header says", good + "header = \"cups\"\nmessage_bytes_max = 10000\n",
         R"(/etc/tollgate/fe.toml:14:21: "message_bytes_max" in [[link]] "acq-a" is more than framing and header can say: 9999
   14 | message_bytes_max = 10000
      |                     ^~~~~
)"},
        {"stale", good + "staleness_limit = \"10ms\"\n",
         R"(/etc/tollgate/fe.toml:13:19: "staleness_limit" in [[link]] "acq-a" must be a duration of at least "1s", or "off"
   13 | staleness_limit = "10ms"
      |                   ^~~~~~
)"},
        {"a minimum of nothing", good + "partial_approval_min = 0\n",
         R"(/etc/tollgate/fe.toml:13:24: "partial_approval_min" in [[link]] "acq-a" must be a number from 1 to 999999999999
   13 | partial_approval_min = 0
      |                        ^
)"},
        {"merchant category", good + "blocked_mccs = [\"79\"]\n",
         R"(/etc/tollgate/fe.toml:13:16: "blocked_mccs" in [[link]] "acq-a" must hold merchant categories of four digits
   13 | blocked_mccs = ["79"]
      |                ^~~~~~
)"},
        {"no link", good.substr(0, good.find("[[link]]")),
         R"(/etc/tollgate/fe.toml:1:1: "link" in the file is required: at least one [[link]]
    1 | [store]
      | ^
)"},
        {"twice", good + good.substr(good.find("[[link]]")),
         R"(/etc/tollgate/fe.toml:14:8: link "acq-a" is there twice
   14 | name = "acq-a"
      |        ^~~~~~~
)"},
        {"one address for two", good + replaced(good.substr(good.find("[[link]]")), "acq-a", "acq-b"),
         R"(/etc/tollgate/fe.toml:15:10: "listen" in [[link]] "acq-b" is the address of [[link]] "acq-a", too
   15 | listen = "127.0.0.1:5000"
      |          ^~~~~~~~~~~~~~~~
)"},
        {"role", with("listen =", "role = \"conect\"\nlisten ="),
         R"(/etc/tollgate/fe.toml:8:8: "role" in [[link]] "acq-a" must be one of "listen", "connect"
    8 | role = "conect"
      |        ^~~~~~~~ did you mean "connect"?
)"},
        {"a link that listens and dials", good + "connect = [\"127.0.0.1:9\"]\n",
         R"(/etc/tollgate/fe.toml:13:11: "connect" in [[link]] "acq-a" is for role = "connect" only
   13 | connect = ["127.0.0.1:9"]
      |           ^~~~~~~~~~~~~~~
)"},
        {"nowhere to listen", with("listen = \"127.0.0.1:5000\"\n", ""),
         R"(/etc/tollgate/fe.toml:6:1: "listen" in [[link]] "acq-a" is required for role = "listen"
    6 | [[link]]
      | ^~~~~~~~
)"},
        {"nobody to dial", with("listen = \"127.0.0.1:5000\"", "role = \"connect\"\nconnect = []"),
         R"(/etc/tollgate/fe.toml:9:11: "connect" in [[link]] "acq-a" must hold at least one HOST:PORT
    9 | connect = []
      |           ^~
)"},
        {"port 0 to dial",
         with("listen = \"127.0.0.1:5000\"", "role = \"connect\"\nconnect = [\"127.0.0.1:0\"]"),
         R"(/etc/tollgate/fe.toml:9:11: "connect" in [[link]] "acq-a" must hold HOST:PORT, for example ["net.example:9000"]
    9 | connect = ["127.0.0.1:0"]
      |           ^~~~~~~~~~~~~~~
)"},
        {"sessions of a listener", good + "sessions = 2\n",
         R"(/etc/tollgate/fe.toml:13:12: "sessions" in [[link]] "acq-a" is for role = "connect" only
   13 | sessions = 2
      |            ^
)"},
        {"allow of a dialler", dialling("allow = [\"10.0.0.0/8\"]\n"),
         R"(/etc/tollgate/fe.toml:14:9: "allow" in [[link]] "acq-a" is for role = "listen" only
   14 | allow = ["10.0.0.0/8"]
      |         ^~~~~~~~~~~~~~
)"},
        {"plain TCP", with("127.0.0.1", "0.0.0.0"),
         R"(/etc/tollgate/fe.toml:8:10: "listen" in [[link]] "acq-a" is beyond loopback without TLS
    8 | listen = "0.0.0.0:5000"
      |          ^~~~~~~~~~~~~~ add [link.tls], or plain_tcp = true where the way is safe by itself
)"},
        {"plain TCP to a name",
         with("listen = \"127.0.0.1:5000\"", "role = \"connect\"\nconnect = [\"net.example:9\"]"),
         R"(/etc/tollgate/fe.toml:9:11: "connect" in [[link]] "acq-a" is beyond loopback without TLS
    9 | connect = ["net.example:9"]
      |           ^~~~~~~~~~~~~~~~~ add [link.tls], or plain_tcp = true where the way is safe by itself
)"},
        {"plain TCP and TLS", good + "plain_tcp = true\n" + tls,
         R"(/etc/tollgate/fe.toml:13:13: "plain_tcp" in [[link]] "acq-a" and [link.tls] exclude each other
   13 | plain_tcp = true
      |             ^~~~ take one of them away
)"},
        {"nobody allowed", good + "allow = []\n",
         R"(/etc/tollgate/fe.toml:13:9: "allow" in [[link]] "acq-a" is empty, which would let everybody in
   13 | allow = []
      |         ^~ name a network, or leave it out
)"},
        {"no network", good + "allow = [\"10.20.0.0/33\"]\n",
         R"(/etc/tollgate/fe.toml:13:9: "allow" in [[link]] "acq-a" must hold networks such as "10.20.0.0/16", without bits behind the prefix
   13 | allow = ["10.20.0.0/33"]
      |         ^~~~~~~~~~~~~~~~
)"},
        {"bits behind the prefix", good + "allow = [\"10.20.1.0/16\"]\n",
         R"(/etc/tollgate/fe.toml:13:9: "allow" in [[link]] "acq-a" must hold networks such as "10.20.0.0/16", without bits behind the prefix
   13 | allow = ["10.20.1.0/16"]
      |         ^~~~~~~~~~~~~~~~
)"},
        {"TLS without a key", good + replaced(tls, "private_key_file = \"a.key\"\n", ""),
         R"(/etc/tollgate/fe.toml:13:1: "private_key_file" in [link.tls] of "acq-a" is required: its private key, PEM; not readable by others
   13 | [link.tls]
      | ^~~~~~~~~~
)"},
        {"TLS without authorities", good + replaced(tls, "ca_file = \"ca.pem\"\n", ""),
         R"(/etc/tollgate/fe.toml:13:1: "ca_file" in [link.tls] of "acq-a" is required
   13 | [link.tls]
      | ^~~~~~~~~~
)"},
        {"TLS for whoever has a certificate", good + replaced(tls, "peer_names = [\"acq-a.example\"]\n", ""),
         R"(/etc/tollgate/fe.toml:13:1: "peer_names" in [link.tls] of "acq-a" is required: the names in the certificates that may use this link
   13 | [link.tls]
      | ^~~~~~~~~~
)"},
        {"TLS without names for anybody",
         good + replaced(tls, "peer_names = [\"acq-a.example\"]", "client_certificate = false"),
         R"(/etc/tollgate/fe.toml:17:22: "client_certificate" in [link.tls] of "acq-a" may only be false with "allow" in the link
   17 | client_certificate = false
      |                      ^~~~~ name the networks that may connect
)"},
        {"an old version of TLS", good + tls + "minimum = \"1.1\"\n",
         R"(/etc/tollgate/fe.toml:18:11: "minimum" in [link.tls] of "acq-a" must be one of "1.2", "1.3"
   18 | minimum = "1.1"
      |           ^~~~~ did you mean "1.2"?
)"},
        {"a hasty handshake", good + tls + "handshake_timeout = \"1ms\"\n",
         R"(/etc/tollgate/fe.toml:18:21: "handshake_timeout" in [link.tls] of "acq-a" must be at least "100ms"
   18 | handshake_timeout = "1ms"
      |                     ^~~~~
)"},
        {"a credential without systemd", good + replaced(tls, "\"a.key\"", "\"credential:a\""),
         R"(/etc/tollgate/fe.toml:15:20: "private_key_file" in [link.tls] of "acq-a" names a credential, and systemd has given none
   15 | private_key_file = "credential:a"
      |                    ^~~~~~~~~~~~~~
)"},
        {"unknown key of TLS", good + tls + "cafile = \"ca.pem\"\n",
         R"(/etc/tollgate/fe.toml:18:1: unknown key "cafile" in [link.tls] of "acq-a"
   18 | cafile = "ca.pem"
      | ^~~~~~ did you mean "ca_file"?
)"},
        {"TLS is no table", good + "tls = true\n",
         R"(/etc/tollgate/fe.toml:13:7: "tls" in [[link]] "acq-a" must be a table
   13 | tls = true
      |       ^~~~
)"},
        {"echo timeout", good + "echo = { interval = \"5s\", timeout = \"5s\" }\n",
         R"(/etc/tollgate/fe.toml:13:37: "timeout" in [link.echo] of "acq-a" must be shorter than interval ("5s")
   13 | echo = { interval = "5s", timeout = "5s" }
      |                                     ^~~~
)"},
        {"echo after the idle timeout", good + "echo = { interval = \"180s\" }\n",
         R"(/etc/tollgate/fe.toml:13:21: "interval" in [link.echo] of "acq-a" must be shorter than idle_timeout ("180s"), which would close the connection first
   13 | echo = { interval = "180s" }
      |                     ^~~~~~
)"},
        {"echo misses", good + "echo = { misses_max = 0 }\n",
         R"(/etc/tollgate/fe.toml:13:23: "misses_max" in [link.echo] of "acq-a" must be a number from 1 to 100
   13 | echo = { misses_max = 0 }
      |                       ^
)"},
        {"reconnect", dialling("reconnect = { first = \"20s\" }\n"),
         R"(/etc/tollgate/fe.toml:14:23: "first" in [link.reconnect] of "acq-a" must not be longer than max ("10s")
   14 | reconnect = { first = "20s" }
      |                       ^~~~~
)"},
        {"jitter", dialling("reconnect = { jitter = 1.5 }\n"),
         R"(/etc/tollgate/fe.toml:14:24: "jitter" in [link.reconnect] of "acq-a" must be a number from 0 to 1
   14 | reconnect = { jitter = 1.5 }
      |                        ^~~
)"},
        {"jitter in words", dialling("reconnect = { jitter = \"much\" }\n"),
         R"(/etc/tollgate/fe.toml:14:24: "jitter" in [link.reconnect] of "acq-a" must be a number from 0 to 1
   14 | reconnect = { jitter = "much" }
      |                        ^~~~~~
)"},
        {"limits", good + "[limits]\nconnections_total = 10\n",
         R"(/etc/tollgate/fe.toml:13:1: "handshakes_pending" in [limits] must not be more than connections_total (10)
   13 | [limits]
      | ^~~~~~~~
)"},
        {"metrics for everybody", good + "[admin]\naddress = \"0.0.0.0:9583\"\n",
         R"(/etc/tollgate/fe.toml:14:11: "address" in [admin] must be of loopback or a private network: it has no TLS
   14 | address = "0.0.0.0:9583"
      |           ^~~~~~~~~~~~~~
)"},
        {"log level", good + "[log]\nlevel = \"warn\"\n",
         R"(/etc/tollgate/fe.toml:14:9: "level" in [log] must be one of "debug", "info", "warning", "error"
   14 | level = "warn"
      |         ^~~~~~
)"},
        {"a character of three bytes before it", good + "echo = { interval = \"\u20ac\" }\n",
         R"(/etc/tollgate/fe.toml:13:21: "interval" in [link.echo] of "acq-a" must be a duration such as "250ms", "5s" or "2m"
   13 | echo = { interval = "€" }
      |                     ^~~
)"},
        {"a tab before it", good + "\tin_flight = \"1\"\n",
         R"(/etc/tollgate/fe.toml:13:14: "in_flight" in [[link]] "acq-a" must be a number from 1 to 1000000
   13 | 	in_flight = "1"
      | 	            ^~~
)"},
        {"a password on the line",
         with("url = \"postgresql:///tollgate\"", "url = { a = \"postgresql://u:secret@h/d\" }"),
         R"(/etc/tollgate/fe.toml:2:7: "url" in [store] must be text in quotes
    2 | url = { a = "postgresql://u:***@h/d" }
      |       ^
)"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto result = parse(row.text);
        CHECK_FALSE(result.config);
        CHECK(all_of(result.errors) == row.error);
    }
}

TEST_CASE("config: all mistakes are told at once, from the top")
{
    auto text = replaced(good, "127.0.0.1:5000", "nowhere");
    text = replaced(text, "\"5s\"", "5");
    text = replaced(text, "bins", "bin");
    const auto errors = parse(text).errors;
    REQUIRE(errors.size() == 4); // bins is missing, bin unknown
    CHECK(errors[0].find("\"bins\" in [cards] is required") != std::string::npos);
    CHECK(errors[1].find("unknown key \"bin\"") != std::string::npos);
    CHECK(errors[2].find("ADDRESS:PORT") != std::string::npos);
    CHECK(errors[3].find("a duration") != std::string::npos);
}

TEST_CASE("config: what stands before the end of a good file is an error and no crash")
{
    const std::string text =
        replaced(good, "listen =", "echo = { interval = \"30s\", timeout = \"3s\" }\nlisten =") + "";
    for (std::size_t end = 0; end + 1 < text.size(); ++end) { // the last line break may be missing
        CAPTURE(end);
        const auto result = parse(text.substr(0, end));
        CHECK_FALSE(result.config);
        CHECK_FALSE(result.errors.empty());
    }
    CHECK(parse(text).config);
}

TEST_CASE("config: a file with each of its characters changed is read or refused")
{
    const std::string text = good + tls;
    for (std::size_t at = 0; at < text.size(); ++at)
        for (const char c : {'"', '[', '=', '\n', '\0', '\xFF', '{', '9'}) {
            std::string changed = text;
            changed[at] = c;
            const auto result = parse(changed);
            CHECK(result.config.has_value() == result.errors.empty());
        }
}

TEST_CASE("config: a private key that others can read is refused")
{
    const auto folder =
        std::filesystem::temp_directory_path() / ("config_mistake_test-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    const auto file = folder / "a.key";
    std::ofstream(file) << "key";
    using std::filesystem::perms;
    const std::string text = good + replaced(tls, "\"a.key\"", "\"" + file.string() + "\"");
    std::filesystem::permissions(file, perms::owner_read | perms::others_read);
    const auto errors = all_of(parse(text).errors);
    CHECK(errors.find("\"private_key_file\" in [link.tls] of \"acq-a\" is a file that others can read") !=
          std::string::npos);
    std::filesystem::permissions(file, perms::owner_read | perms::group_read);
    CHECK(parse(text).config);
    std::filesystem::remove_all(folder);
}
