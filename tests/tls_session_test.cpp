#include "tests/support/hostile_hello.hpp"
#include "tests/support/tls_pair.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace test;
using net::Role;
using net::TlsContext;
using net::TlsFailure;
using net::TlsSession;

namespace {

/// Good files and contexts of both sides.
struct World {
    TlsContext server{parties().server_config(), Role::listen};
    TlsContext client{parties().client_config(), Role::connect};
};

World& world()
{
    static World shared;
    return shared;
}

Bytes counted(std::size_t size)
{
    Bytes bytes(size);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    return bytes;
}

} // namespace

TEST_CASE("tls session: two of ours agree on TLS 1.3 and know each other's name")
{
    SessionPair pair(world().server, world().client);
    CHECK_FALSE(pair.server.is_open());
    pair.carry();
    CHECK(pair.server.is_open());
    CHECK(pair.client.is_open());
    CHECK(pair.server.version() == "TLSv1.3");
    CHECK(pair.server.peer_name() == "network.test");
    CHECK(pair.client.peer_name() == "tollgate.test");
}

TEST_CASE("tls session: data of every size arrives as it was, both ways, in pieces of any size")
{
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{32} << 10}) {
        SessionPair pair(world().server, world().client);
        pair.carry(piece);
        REQUIRE(pair.server.is_open());
        Bytes sent;
        for (const std::size_t size : {1, 2, 5, 255, 4'095, 4'096, 4'097, 16'383, 16'384}) {
            CAPTURE(piece);
            CAPTURE(size);
            const Bytes data = counted(size);
            pair.client.write(data);
            pair.server.write(data);
            pair.carry(piece);
            sent.insert(sent.end(), data.begin(), data.end());
            CHECK(pair.at_server == sent);
            CHECK(pair.at_client == sent);
        }
    }
}

TEST_CASE("tls session: what follows the handshake in the same piece is not lost")
{
    SessionPair pair(world().server, world().client);
    feed(pair.server, drain(pair.client), pair.at_server);
    feed(pair.client, drain(pair.server), pair.at_client);
    REQUIRE(pair.client.is_open());
    pair.client.write(bytes_of("hello"));
    feed(pair.server, drain(pair.client), pair.at_server);
    CHECK(pair.server.is_open());
    CHECK(pair.at_server == bytes_of("hello"));
}

TEST_CASE("tls session: a ClientHello in records of one byte is as good as a whole one")
{
    SessionPair pair(world().server, world().client);
    feed(pair.server, hostile::in_records_of_one(drain(pair.client)), pair.at_server);
    CHECK_FALSE(pair.server.failure());
    pair.carry();
    CHECK(pair.server.is_open());
}

TEST_CASE("tls session: bytes are taken up to the end of a record that had begun")
{
    SessionPair pair(world().server, world().client);
    pair.carry();
    pair.client.write(counted(100));
    pair.client.write(counted(50));
    const Bytes records = drain(pair.client);
    const std::size_t first = 5 + (std::size_t{records[3]} << 8U) + records[4];
    std::array<std::uint8_t, 1'000> space{};

    CHECK(pair.server.received(std::span(records).first(4)) == 4);
    CHECK(pair.server.read(space) == 0);
    CHECK(pair.server.is_mid_record());
    CHECK(pair.server.received(std::span(records).subspan(4)) == first - 4);
    CHECK(pair.server.read(space) == 100);
    CHECK(pair.server.read(space) == 0);
    CHECK_FALSE(pair.server.is_mid_record());
    CHECK(pair.server.received(std::span(records).subspan(first)) == records.size() - first);
    CHECK(pair.server.read(space) == 50);
}

TEST_CASE("tls session: the end of a stream is told from a cut")
{
    SessionPair pair(world().server, world().client);
    pair.carry();
    pair.client.write(bytes_of("last"));
    pair.client.close();
    Bytes all = drain(pair.client);
    const Bytes cut(all.begin(), all.end() - 1);
    feed(pair.server, cut, pair.at_server);
    CHECK(pair.at_server == bytes_of("last"));
    CHECK_FALSE(pair.server.has_peer_closed());
    CHECK(pair.server.is_mid_record());
    feed(pair.server, {all.back()}, pair.at_server);
    CHECK(pair.server.has_peer_closed());
    CHECK_FALSE(pair.server.failure());

    pair.server.write(bytes_of("answer")); // an answer may follow the other side's end
    feed(pair.client, drain(pair.server), pair.at_client);
    CHECK(pair.at_client == bytes_of("answer"));
}

TEST_CASE("tls session: bytes that are no TLS are refused at the first of them, without an answer")
{
    for (const std::string_view text :
         {"GET / HTTP/1.1\r\n", "0800", "\x16\x02", "\x16\x03\x05", "\x17\x03\x03"}) {
        CAPTURE(text);
        TlsSession server(world().server);
        Bytes plaintext;
        feed(server, bytes_of(text), plaintext, 1);
        CHECK(server.failure() == TlsFailure::not_tls);
        CHECK(server.ciphertext().empty());
        CHECK(plaintext.empty());
    }
}

TEST_CASE("tls session: a flipped bit ends the connection and gives no plaintext")
{
    SessionPair pair(world().server, world().client);
    pair.carry();
    pair.client.write(counted(64));
    Bytes record = drain(pair.client);
    record[20] ^= 1U;
    feed(pair.server, record, pair.at_server);
    CHECK(pair.server.failure() == TlsFailure::error);
    CHECK(pair.at_server.empty());
    CHECK_FALSE(pair.server.ciphertext().empty()); // the alert
}

TEST_CASE("tls session: a record longer than the standard allows is refused with an alert")
{
    SessionPair pair(world().server, world().client);
    pair.carry();
    Bytes record{0x17, 0x03, 0x03, 0x41, 0x01}; // 16,384 + 256 + 1
    record.resize(record.size() + 0x4101);
    feed(pair.server, record, pair.at_server);
    CHECK(pair.server.failure() == TlsFailure::error);
    CHECK_FALSE(pair.server.ciphertext().empty());
}

TEST_CASE("tls session: versions before 1.2 are refused")
{
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        CAPTURE(version);
        RawClient client(parties().client_config(), [&](SSL_CTX* context) {
            SSL_CTX_set_security_level(context, 0);
            SSL_CTX_set_min_proto_version(context, version);
            SSL_CTX_set_max_proto_version(context, version);
        });
        TlsSession server(world().server);
        (void)client.shake_hands(server);
        CHECK(server.failure() == TlsFailure::old_version);
        CHECK_FALSE(server.is_open());
    }
}

TEST_CASE("tls session: 1.2 is taken unless the configuration wants 1.3")
{
    auto config = parties().server_config();
    config.minimum = net::TlsVersion::v1_3;
    const TlsContext only_1_3(config, Role::listen);
    const auto only_1_2 = [](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); };

    RawClient first(parties().client_config(), only_1_2);
    TlsSession lenient(world().server);
    (void)first.shake_hands(lenient);
    CHECK(lenient.is_open());
    CHECK(lenient.version() == "TLSv1.2");

    RawClient second(parties().client_config(), only_1_2);
    TlsSession strict(only_1_3);
    (void)second.shake_hands(strict);
    CHECK(strict.failure() == TlsFailure::old_version);
}

TEST_CASE("tls session: ciphers without forward secrecy or authenticated encryption are refused")
{
    for (const char* cipher :
         {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "NULL"}) {
        CAPTURE(cipher);
        RawClient client(parties().client_config(), [&](SSL_CTX* context) {
            SSL_CTX_set_security_level(context, 0);
            SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
            SSL_CTX_set_cipher_list(context, cipher);
        });
        TlsSession server(world().server);
        (void)client.shake_hands(server);
        CHECK(server.failure() == TlsFailure::error);
        CHECK(server.failure_text() == "no shared cipher");
    }
}

TEST_CASE("tls session: a client cannot negotiate again")
{
    RawClient client(parties().client_config(),
                     [](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); });
    TlsSession server(world().server);
    (void)client.shake_hands(server);
    REQUIRE(server.is_open());
    REQUIRE(SSL_renegotiate(client.ssl()) == 1);
    (void)client.shake_hands(server);
    CHECK(SSL_do_handshake(client.ssl()) != 1);
    CHECK(SSL_is_init_finished(client.ssl()) == 0);
}

TEST_CASE("tls session: early data is not taken")
{
    struct Psk {
        static int use(SSL* ssl, const EVP_MD*, const unsigned char** id, std::size_t* id_size,
                       SSL_SESSION** session)
        {
            static constexpr unsigned char secret[32] = {1};
            static constexpr unsigned char aes_128_gcm[] = {0x13, 0x01};
            SSL_SESSION* const made = SSL_SESSION_new();
            SSL_SESSION_set1_master_key(made, secret, sizeof secret);
            SSL_SESSION_set_cipher(made, SSL_CIPHER_find(ssl, aes_128_gcm));
            SSL_SESSION_set_protocol_version(made, TLS1_3_VERSION);
            SSL_SESSION_set_max_early_data(made, 1'000);
            *id = reinterpret_cast<const unsigned char*>("x");
            *id_size = 1;
            *session = made;
            return 1;
        }
    };
    RawClient client(parties().client_config(),
                     [](SSL_CTX* context) { SSL_CTX_set_psk_use_session_callback(context, Psk::use); });
    TlsSession server(world().server);
    std::size_t written = 0;
    const Bytes early = bytes_of("replay me");
    REQUIRE(SSL_write_early_data(client.ssl(), early.data(), early.size(), &written) == 1);
    REQUIRE(written == early.size());
    const Bytes plaintext = client.shake_hands(server);
    CHECK(plaintext.empty());
    CHECK(SSL_get_early_data_status(client.ssl()) != SSL_EARLY_DATA_ACCEPTED);
}

TEST_CASE("tls session: no session can be taken up again: each connection shows its certificate")
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        RawClient client(parties().client_config(),
                         [&](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, version); });
        TlsSession server(world().server);
        (void)client.shake_hands(server);
        REQUIRE(server.is_open());
        Bytes plaintext;
        client.write(bytes_of("x"));
        feed(server, client.drain(), plaintext);
        server.write(bytes_of("y"));
        client.take(drain(server));
        char space[8];
        CHECK(SSL_read(client.ssl(), space, sizeof space) == 1);
        RawClient again(parties().client_config(),
                        [&](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, version); });
        CHECK(SSL_SESSION_is_resumable(SSL_get0_session(client.ssl())) == 0);
        SSL_set_session(again.ssl(), SSL_get0_session(client.ssl()));
        TlsSession second(world().server);
        (void)again.shake_hands(second);
        CHECK(SSL_session_reused(again.ssl()) == 0);
    }
}

TEST_CASE("tls session: floods of alerts, empty work and new keys are bounded")
{
    SUBCASE("warnings before the handshake")
    {
        TlsSession server(world().server);
        Bytes flood;
        for (int i = 0; i < 1'000; ++i) flood.insert(flood.end(), {0x15, 0x03, 0x01, 0x00, 0x02, 0x01, 0x5A});
        Bytes plaintext;
        feed(server, flood, plaintext);
        CHECK(server.failure() == TlsFailure::error);
        CHECK(server.ciphertext().size() < 100);
    }
    SUBCASE("new keys afterwards, answered or not")
    {
        for (const int kind : {SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED}) {
            RawClient client(parties().client_config());
            TlsSession server(world().server);
            (void)client.shake_hands(server);
            REQUIRE(server.is_open());
            Bytes plaintext;
            for (int i = 0; i < 10'000 && !server.failure(); ++i) {
                SSL_key_update(client.ssl(), kind);
                SSL_do_handshake(client.ssl());
                feed(server, client.drain(), plaintext);
            }
            CHECK(server.failure() == TlsFailure::error);
            CHECK(server.ciphertext().size() < 2 * TlsSession::silent_bytes_max);
        }
    }
    SUBCASE("an endless handshake")
    {
        TlsSession server(world().server);
        // A ClientHello that says it is as long as one may be, and never ends.
        Bytes flood{0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0x01, 0xFF, 0xFF};
        flood.resize(5 + 0x4000);
        Bytes plaintext;
        std::size_t fed = 0;
        while (!server.failure() && fed < 10 * TlsSession::handshake_bytes_max) {
            feed(server, flood, plaintext);
            fed += flood.size();
            flood[5] = flood[6] = 0;
        }
        CHECK(server.failure() == TlsFailure::handshake_too_large);
        CHECK(fed <= TlsSession::handshake_bytes_max + 2 * flood.size());
    }
}

TEST_CASE("tls session: every failure has a name of its own")
{
    std::vector<std::string_view> names;
    for (auto failure = TlsFailure::handshake_timeout; failure <= TlsFailure::error;
         failure = static_cast<TlsFailure>(static_cast<int>(failure) + 1)) {
        const auto name = name_of(failure);
        CHECK(name.substr(0, 4) == "tls_");
        CHECK(std::find(names.begin(), names.end(), name) == names.end());
        names.push_back(name);
    }
    CHECK(names.size() == 8);
}

TEST_CASE("tls session: a ClientHello on a plain port is recognised in pieces, and a message is not")
{
    using Verdict = net::ClientHelloFinder::Verdict;
    TlsSession client(world().client, "tollgate.test");
    const Bytes hello = drain(client);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{4}, hello.size()}) {
        net::ClientHelloFinder finder;
        auto verdict = Verdict::open;
        for (std::size_t at = 0; at < hello.size() && verdict == Verdict::open; at += piece)
            verdict = finder.look_at(std::span(hello).subspan(at, std::min(piece, hello.size() - at)));
        CHECK(verdict == Verdict::is_hello);
    }
    // A frame of 5,635 bytes whose message begins with 0200 in packed digits and a bitmap of 7001.
    net::ClientHelloFinder finder;
    const Bytes frame{0x16, 0x03, 0x02, 0x00, 0x70, 0x01, 0x00, 0x00, 0x00, 0x03, 0x03};
    CHECK(finder.look_at(frame) == Verdict::is_not);
}
