#include "tests/support/config_text.hpp"

using config_text::all_of;
using config_text::good;
using config_text::parse;
using config_text::replaced;
using config_text::tls;
using config_text::with;

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
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto result = parse(row.text);
        CHECK_FALSE(result.config);
        CHECK(all_of(result.errors) == row.error);
    }
}
