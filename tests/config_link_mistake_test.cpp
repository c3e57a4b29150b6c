#include "tests/support/config_text.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

using config_text::all_of;
using config_text::dialling;
using config_text::good;
using config_text::parse;
using config_text::replaced;
using config_text::tls;
using config_text::with;

TEST_CASE("config: what keys of a link must be together is shown with its line and a caret")
{
    struct Row {
        const char* name;
        std::string text;
        std::string error;
    };
    const Row rows[] = {
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
        {"an address in two spellings",
         replaced(good, "127.0.0.1:5000", "[::1]:5000") +
             replaced(replaced(good.substr(good.find("[[link]]")), "acq-a", "acq-b"), "127.0.0.1:5000",
                      "[0:0::1]:5000"),
         R"(/etc/tollgate/fe.toml:15:10: "listen" in [[link]] "acq-b" is the address of [[link]] "acq-a", too
   15 | listen = "[0:0::1]:5000"
      |          ^~~~~~~~~~~~~~~
)"},
        {"longer than a clock can count", good + "idle_timeout = \"200000000m\"\n",
         R"(/etc/tollgate/fe.toml:13:16: "idle_timeout" in [[link]] "acq-a" must be a duration such as "250ms", "5s" or "2m"
   13 | idle_timeout = "200000000m"
      |                ^~~~~~~~~~~~
)"},
        {"revocations that nobody looks at",
         good +
             "allow = [\"10.0.0.0/8\"]\n[link.tls]\ncertificate_file = \"a.crt\"\nprivate_key_file = "
             "\"a.key\"\n" +
             "client_certificate = false\ncrl_file = \"ca.crl\"\n",
         R"(/etc/tollgate/fe.toml:18:12: "crl_file" in [link.tls] of "acq-a" needs ca_file: without it no certificate of a peer is looked at
   18 | crl_file = "ca.crl"
      |            ^~~~~~~~
)"},
        {"a host that no certificate can name",
         replaced(dialling(replaced(tls, "peer_names = [\"acq-a.example\"]\n", "")), "127.0.0.1:9",
                  "[fe80::1%lo]:9"),
         R"(/etc/tollgate/fe.toml:9:11: "connect" in [[link]] "acq-a" has a host that no certificate can name: "fe80::1%lo"
    9 | connect = ["[fe80::1%lo]:9"]
      |           ^~~~~~~~~~~~~~~~~~ give tls.peer_names
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
