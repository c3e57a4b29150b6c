#include "tests/support/tls_pair.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include <cstdlib>
#include <fstream>

using namespace test;
using namespace std::chrono_literals;
using net::Role;
using net::TlsContext;
using net::TlsError;
using net::TlsFailure;

namespace {

/// What came of a handshake between a server and a client of these.
struct Outcome {
    std::optional<TlsFailure> at_server;
    std::string server_text;
    std::optional<TlsFailure> at_client;
    bool is_open = false; ///< both sides
};

Outcome outcome_of(const net::TlsConfig& server, const net::TlsConfig& client,
                   std::string_view host = "tollgate.test")
{
    const TlsContext server_context(server, Role::listen);
    const TlsContext client_context(client, Role::connect);
    SessionPair pair(server_context, client_context, host);
    pair.carry();
    return {pair.server.failure(), pair.server.failure_text(), pair.client.failure(),
            pair.server.is_open() && pair.client.is_open()};
}

/// The text of a TlsError; empty when there was none.
std::string refusal_of(const net::TlsConfig& config, Role role = Role::listen)
{
    try {
        const TlsContext context(config, role);
    } catch (const TlsError& error) {
        return error.what();
    }
    return {};
}

bool contains(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("tls certificate: a client is let in by what its certificate says")
{
    Parties all;
    Authority other(all.folder, "other");
    const auto revoked = all.authority.issue("revoked", {.names = "DNS:network.test"});
    const auto list = all.authority.revoke({revoked.serial});
    struct Row {
        std::string_view name;
        Pair shown;
        std::optional<TlsFailure> failure;
        std::string_view text;
        std::string_view alert;
    };
    const Row rows[] = {
        {"good", all.client, {}, "", ""},
        {"one of two names",
         all.authority.issue("two", {.names = "DNS:x.test,DNS:network.test"}),
         {},
         "",
         ""},
        {"expired", all.authority.issue("old", {.names = "DNS:network.test", .from = -48h, .until = -24h}),
         TlsFailure::bad_certificate, "certificate has expired", "sslv3 alert certificate expired"},
        {"not yet valid",
         all.authority.issue("new", {.names = "DNS:network.test", .from = 24h, .until = 48h}),
         TlsFailure::bad_certificate, "certificate is not yet valid", "sslv3 alert bad certificate"},
        {"another CA", other.issue("alien", {.names = "DNS:network.test"}), TlsFailure::bad_certificate,
         "unable to get local issuer certificate", "tlsv1 alert unknown ca"},
        {"revoked", revoked, TlsFailure::bad_certificate, "certificate revoked",
         "sslv3 alert certificate revoked"},
        {"another name", all.authority.issue("else", {.names = "DNS:other.test"}), TlsFailure::wrong_name,
         "hostname mismatch", "sslv3 alert bad certificate"},
        {"a name that contains it", all.authority.issue("longer", {.names = "DNS:network.test.evil.test"}),
         TlsFailure::wrong_name, "hostname mismatch", "sslv3 alert bad certificate"},
        {"the name only as subject", all.authority.issue("subject", {.names = "", .subject = "network.test"}),
         TlsFailure::wrong_name, "hostname mismatch", "sslv3 alert bad certificate"},
    };
    auto config = all.server_config();
    config.crl_file = list;
    const TlsContext context(config, Role::listen);
    for (const Row& row : rows) {
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            CAPTURE(row.name);
            CAPTURE(version);
            RawClient client(all.config_of(row.shown, ""),
                             [&](SSL_CTX* raw) { SSL_CTX_set_max_proto_version(raw, version); });
            net::TlsSession server(context);
            ERR_clear_error();
            (void)client.shake_hands(server);
            std::uint8_t byte = 0;
            CHECK(SSL_read(client.ssl(), &byte, 1) <=
                  0); // what was refused after TLS 1.3's end at the client
            const char* const alert = ERR_reason_error_string(ERR_peek_error());
            CHECK((alert == nullptr ? std::string_view{} : alert) == row.alert);
            CHECK(server.failure() == row.failure);
            CHECK(server.failure_text() == row.text);
            CHECK(server.is_open() == !row.failure.has_value());
        }
    }
}

TEST_CASE("tls certificate: a client without one is refused, and let in only where the link says so")
{
    Parties all;
    const auto nothing = [](SSL_CTX* raw) { SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION); };
    net::TlsConfig none; // the bare client loads what is not there
    auto config = all.server_config();
    for (const bool is_required : {true, false}) {
        CAPTURE(is_required);
        config.client_certificate = is_required;
        const TlsContext context(config, Role::listen);
        RawClient client(none, nothing);
        net::TlsSession server(context);
        (void)client.shake_hands(server);
        CHECK(server.is_open() == !is_required);
        if (is_required) CHECK(server.failure() == TlsFailure::no_certificate);
    }
    // One that is shown has to be good all the same.
    RawClient client(all.config_of(all.authority.issue("else", {.names = "DNS:other.test"}), ""));
    const TlsContext context(config, Role::listen);
    net::TlsSession server(context);
    (void)client.shake_hands(server);
    CHECK(server.failure() == TlsFailure::wrong_name);
}

TEST_CASE("tls certificate: we dial only who has the name that is pinned, or that was dialled")
{
    Parties all;
    Authority other(all.folder, "other");
    auto dialling = all.client_config();
    auto unpinned = dialling;
    unpinned.peer_names.clear();
    auto pinned_to_other = dialling;
    pinned_to_other.peer_names = {"other.test"};
    auto trusting_other = dialling;
    trusting_other.ca_file = other.root();
    struct Row {
        std::string_view name;
        net::TlsConfig client;
        std::string_view host;
        std::optional<TlsFailure> failure;
    };
    const Row rows[] = {
        {"pinned", dialling, "anything.test", {}},
        {"pinned to another", pinned_to_other, "tollgate.test", TlsFailure::wrong_name},
        {"dialled by name", unpinned, "tollgate.test", {}},
        {"dialled by another name", unpinned, "other.test", TlsFailure::wrong_name},
        {"dialled by address", unpinned, "127.0.0.1", {}},
        {"dialled by another address", unpinned, "127.0.0.2", TlsFailure::wrong_name},
        {"another CA", trusting_other, "tollgate.test", TlsFailure::bad_certificate},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto outcome = outcome_of(all.server_config(), row.client, row.host);
        CHECK(outcome.at_client == row.failure);
        CHECK(outcome.is_open == !row.failure.has_value());
    }
    const TlsContext context(unpinned, Role::connect);
    for (const std::string_view host : {"", ".test", "*.test", "a b"}) {
        CAPTURE(host);
        CHECK_THROWS_AS(net::TlsSession(context, host), TlsError);
    }
}

TEST_CASE("tls certificate: a wildcard is nobody's name")
{
    Parties all;
    auto server =
        all.config_of(all.authority.issue("wild-server", {.names = "DNS:*.tollgate.test"}), "a.network.test");
    auto client = all.config_of(all.authority.issue("wild-client", {.names = "DNS:*.network.test"}), "");
    CHECK(outcome_of(server, client, "a.tollgate.test").at_client == TlsFailure::wrong_name);
    client.peer_names = {"a.tollgate.test"};
    CHECK(outcome_of(server, client).at_client == TlsFailure::wrong_name);
    server = all.config_of(all.server, "a.network.test");
    client.peer_names = {"tollgate.test"};
    CHECK(outcome_of(server, client).at_server == TlsFailure::wrong_name);
}

TEST_CASE("tls certificate: a revocation list that has ended, or of another authority, lets nobody in")
{
    Parties all;
    Authority other(all.folder, "other");
    auto config = all.server_config();
    config.crl_file = all.authority.revoke({}, -1h);
    CHECK(outcome_of(config, all.client_config()).server_text == "CRL has expired");
    config.crl_file = other.revoke({});
    CHECK(outcome_of(config, all.client_config()).server_text == "unable to get certificate CRL");
    config.crl_file = all.authority.revoke({});
    CHECK(outcome_of(config, all.client_config()).is_open);
}

TEST_CASE("tls certificate: files that cannot be used are refused by name")
{
    Parties all;
    const auto nonsense = all.folder.file("nonsense.pem");
    std::ofstream(nonsense) << "nothing of use\n";
    std::filesystem::permissions(nonsense, std::filesystem::perms::owner_read);
    const auto old = all.authority.issue("old", {.from = -48h, .until = -24h});
    const auto early = all.authority.issue("early", {.from = 24h, .until = 48h});
    using Config = net::TlsConfig;
    struct Row {
        std::string_view name;
        std::function<void(Config&)> change;
        std::string_view file;
        std::string_view text;
    };
    const Row rows[] = {
        {"no file", [&](Config& c) { c.certificate_file = "/nowhere/x.crt"; }, "/nowhere/x.crt",
         "No such file"},
        {"no certificate", [&](Config& c) { c.certificate_file = nonsense; }, "nonsense.pem",
         "no certificate"},
        {"expired",
         [&](Config& c) {
             c.certificate_file = old.certificate;
             c.private_key_file = old.key;
         },
         "old.crt", "has expired"},
        {"not yet valid",
         [&](Config& c) {
             c.certificate_file = early.certificate;
             c.private_key_file = early.key;
         },
         "early.crt", "not yet valid"},
        {"no key", [&](Config& c) { c.private_key_file = nonsense; }, "nonsense.pem", "no private key"},
        {"key of another", [&](Config& c) { c.private_key_file = all.client.key; }, "client.key",
         "is not the key of"},
        {"no CA", [&](Config& c) { c.ca_file = nonsense; }, "nonsense.pem", "holds no certificate"},
        {"CA not named", [&](Config& c) { c.ca_file.clear(); }, "tls.ca_file", "is missing"},
        {"no list", [&](Config& c) { c.crl_file = nonsense; }, "nonsense.pem", "holds no revocation list"},
        {"no names", [&](Config& c) { c.peer_names.clear(); }, "tls.peer_names", "is missing"},
        {"an empty name", [&](Config& c) { c.peer_names = {""}; }, "tls.peer_names", "is not a name"},
        {"a domain", [&](Config& c) { c.peer_names = {".test"}; }, "tls.peer_names", "is not a name"},
        {"a wildcard", [&](Config& c) { c.peer_names = {"*.test"}; }, "tls.peer_names", "is not a name"},
    };
    CHECK(refusal_of(all.server_config()).empty());
    for (const Row& row : rows) {
        CAPTURE(row.name);
        auto config = all.server_config();
        row.change(config);
        const std::string refusal = refusal_of(config);
        CAPTURE(refusal);
        CHECK(contains(refusal, row.file));
        CHECK(contains(refusal, row.text));
    }
}

TEST_CASE("tls certificate: a key that others can read is refused")
{
    Parties all;
    std::filesystem::permissions(all.server.key, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    CHECK(contains(refusal_of(all.server_config()), "can be read by others"));
}

TEST_CASE("tls certificate: after a reload new sessions have the new certificate and open ones go on")
{
    Parties all;
    TlsContext server(all.server_config(), Role::listen);
    const TlsContext client(all.client_config(), Role::connect);
    SessionPair before(server, client);
    before.carry();
    REQUIRE(before.server.is_open());

    const auto serial_seen = [](RawClient& raw) {
        return ASN1_INTEGER_get(X509_get0_serialNumber(SSL_get0_peer_certificate(raw.ssl())));
    };
    const auto serial_now = [&] {
        RawClient raw(all.client_config());
        net::TlsSession session(server);
        (void)raw.shake_hands(session);
        REQUIRE(session.is_open());
        return serial_seen(raw);
    };
    CHECK(serial_now() == all.server.serial);
    const auto expiry_before = server.certificate_expiry();
    const auto renewed = all.authority.issue("server", {.until = 48h});
    CHECK(serial_now() == all.server.serial); // nobody has asked for it
    server.reload();
    CHECK(serial_now() == renewed.serial);
    CHECK(server.certificate_expiry() > expiry_before);

    before.client.write(bytes_of("still here"));
    before.carry();
    CHECK(before.at_server == bytes_of("still here"));
}

TEST_CASE("tls certificate: a reload of what is broken says why and changes nothing")
{
    Parties all;
    TlsContext server(all.server_config(), Role::listen);
    const TlsContext client(all.client_config(), Role::connect);
    const auto newer = all.authority.issue("newer");
    std::filesystem::rename(newer.certificate, all.server.certificate); // and its key is not there yet
    try {
        server.reload();
        FAIL("it was taken");
    } catch (const TlsError& error) {
        CHECK(contains(error.what(), "server.key: is not the key of"));
    }
    SessionPair pair(server, client);
    pair.carry();
    CHECK(pair.server.is_open());
    CHECK(pair.client.is_open());
}

TEST_CASE("tls certificate: after a reload a revoked client is refused")
{
    Parties all;
    auto config = all.server_config();
    config.crl_file = all.authority.revoke({});
    TlsContext server(config, Role::listen);
    const TlsContext client(all.client_config(), Role::connect);
    SessionPair before(server, client);
    before.carry();
    CHECK(before.server.is_open());
    (void)all.authority.revoke({all.client.serial});
    server.reload();
    SessionPair after(server, client);
    after.carry();
    CHECK(after.server.failure() == TlsFailure::bad_certificate);
    CHECK(after.server.failure_text() == "certificate revoked");
}

TEST_CASE("tls certificate: what scripts/make_certs makes is taken, until it is revoked")
{
    const test::PemFolder folder;
    const auto run = [&](const std::string& arguments) {
        const std::string script = TOLLGATE_SOURCE_DIR "/scripts/make_certs ";
        return std::system(
            (script + arguments + " " + folder.file("made").string() + " > /dev/null").c_str());
    };
    const auto config_of = [&](const std::string& who, const std::string& peer) {
        net::TlsConfig config;
        config.certificate_file = folder.file("made/" + who + ".crt");
        config.private_key_file = folder.file("made/" + who + ".key");
        config.ca_file = folder.file("made/ca.crt");
        config.crl_file = folder.file("made/ca.crl");
        config.peer_names = {peer};
        return config;
    };
    REQUIRE(run("--server s.test --client c.test") == 0);
    CHECK(outcome_of(config_of("server", "c.test"), config_of("client", "s.test")).is_open);
    REQUIRE(run("--revoke client") == 0);
    CHECK(outcome_of(config_of("server", "c.test"), config_of("client", "s.test")).server_text ==
          "certificate revoked");
    REQUIRE(run("--server s.test --client c.test") == 0); // new ones of the same authority
    CHECK(outcome_of(config_of("server", "c.test"), config_of("client", "s.test")).is_open);
    CHECK(run("--client 'no name'") != 0);
}
