#include "tests/support/certificates.hpp"
#include "tests/support/hostile_hello.hpp"
#include "tests/support/running_server.hpp"
#include "tests/support/tls_peer.hpp"

#include <doctest/doctest.h>

using namespace wire;
using test::parties;
using namespace std::chrono_literals;

namespace {

net::Config tls_config()
{
    auto config = RunningServer::good_config();
    config.links[0].tls = parties().server_config();
    return config;
}

/// A network as it should be.
TlsPeer good_peer(const RunningServer& server, int receive_buffer = 0)
{
    return TlsPeer(server.port(), parties().client_config(), receive_buffer);
}

std::string stan_of(std::size_t number)
{
    const std::string digits = std::to_string(number);
    return std::string(6 - digits.size(), '0') + digits;
}

} // namespace

TEST_CASE("tls connection: sign-on and a sale are answered")
{
    SharedBooks books;
    auto config = tls_config();
    config.links[0].sign_on = net::SignOn::required;
    RunningServer server(books, config);
    const auto peer = good_peer(server);
    CHECK(peer.code_of(management("001")) == "00");
    CHECK(peer.code_of(sale()) == "00");
    CHECK(books.balance() == 1'000'000 - 100);
    CHECK(server.logged("\"event\":\"tls_opened\""));
    CHECK(server.logged("\"name\":\"network.test\""));
    CHECK(server.logged("\"version\":\"TLSv1.3\""));
}

TEST_CASE("tls connection: TLS 1.2 is served, too")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    const TlsPeer peer(server.port(), parties().client_config(), 0,
                       [](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); });
    CHECK(peer.code_of(sale()) == "00");
    CHECK(server.logged("\"version\":\"TLSv1.2\""));
}

TEST_CASE("tls connection: a frame in records of one byte is as good as a whole one")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    const auto peer = good_peer(server);
    for (const std::uint8_t byte : frame(sale())) peer.send(Bytes{byte});
    const auto answer = peer.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).get(39) == "00");
}

TEST_CASE("tls connection: many requests in flight are all answered")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    const auto peer = good_peer(server);
    constexpr std::size_t count = 500;
    Bytes all;
    for (std::size_t i = 0; i < count; ++i) all = all + frame(sale(stan_of(i)));
    REQUIRE(peer.send(all));
    std::size_t approved = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto answer = peer.read_frame();
        REQUIRE(answer);
        if (unframe(*answer).get(39) == "00") ++approved;
    }
    CHECK(approved == count);
    CHECK(books.balance() == 1'000'000 - 100 * static_cast<std::int64_t>(count));
}

TEST_CASE("tls connection: after the peer's end what was asked is still answered, then we say ours")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    for (const bool says_so : {true, false}) {
        CAPTURE(says_so);
        auto peer = good_peer(server);
        books.shut();
        peer.send(sale(says_so ? "000001" : "000002"));
        if (says_so)
            peer.end_sending();
        else
            peer.tcp().end_sending();
        books.wait_for_requests(says_so ? 1 : 2);
        books.open();
        const auto answer = peer.read_frame();
        REQUIRE(answer);
        CHECK(unframe(*answer).get(39) == "00");
        CHECK(peer.is_closed());
        CHECK(server.logged("tls_truncated") == !says_so);
    }
}

TEST_CASE("tls connection: plaintext to the TLS port is closed at once, with one line that does not show it")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    const auto honest = good_peer(server);
    CHECK(honest.code_of(management("301")) == "00");
    const Peer plain(server.port());
    plain.send(sale());
    CHECK(plain.is_ended());
    server.wait_logged("\"reason\":\"tls_not_tls\"");
    CHECK_FALSE(server.logged("bad_peer"));
    CHECK_FALSE(server.logged(pan));
    CHECK(honest.code_of(management("301")) == "00");
    CHECK(books.balance() == 1'000'000);
}

TEST_CASE("tls connection: TLS to the plain port is closed at once, also when it comes byte by byte")
{
    SharedBooks books;
    RunningServer server(books);
    const Bytes hello = hostile::client_hello();
    const Peer whole(server.port());
    whole.send(hello);
    CHECK(whole.is_ended());
    server.wait_logged("\"reason\":\"tls_not_expected\"");
    const Peer slow(server.port());
    bool is_open = true;
    for (std::size_t i = 0; i < hello.size() && is_open; ++i) is_open = slow.send(Bytes{hello[i]});
    CHECK(slow.is_ended());
    const Peer honest(server.port());
    CHECK(honest.code_of(sale()) == "00");
}

TEST_CASE("tls connection: who is not let in is told by an alert, and the log says why")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    auto& all = parties();
    const auto old = all.authority.issue("old", {.names = "DNS:network.test", .from = -48h, .until = -24h});
    const auto other = all.authority.issue("other", {.names = "DNS:other.test"});
    struct Row {
        net::TlsConfig shown;
        int version_max;
        std::string_view reason;
        std::string_view why;
    };
    const Row rows[] = {
        {net::TlsConfig{}, TLS1_3_VERSION, "tls_no_certificate", "peer did not return a certificate"},
        {all.config_of(old, ""), TLS1_3_VERSION, "tls_bad_certificate", "certificate has expired"},
        {all.config_of(other, ""), TLS1_3_VERSION, "tls_wrong_name", "hostname mismatch"},
        {all.client_config(), TLS1_1_VERSION, "tls_old_version", "unsupported protocol"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.reason);
        const TlsPeer peer(server.port(), row.shown, 0, [&](SSL_CTX* context) {
            SSL_CTX_set_security_level(context, 0);
            SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
            SSL_CTX_set_max_proto_version(context, row.version_max);
        });
        (void)peer.send(sale());
        CHECK(peer.is_refused());
        server.wait_logged("\"reason\":\"" + std::string(row.reason) + "\",\"why\":\"" +
                           std::string(row.why));
    }
    CHECK(good_peer(server).code_of(management("301")) == "00");
    CHECK(books.balance() == 1'000'000);
}

TEST_CASE("tls connection: a handshake that does not end is closed at its deadline")
{
    SharedBooks books;
    auto config = tls_config();
    config.links[0].tls->handshake_timeout = 1s;
    RunningServer server(books, config);
    const auto honest = good_peer(server);
    CHECK(honest.code_of(management("301")) == "00");
    const Bytes hello = hostile::client_hello();
    std::vector<std::unique_ptr<Peer>> halves;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, hello.size() / 2, hello.size()}) {
        halves.push_back(std::make_unique<Peer>(server.port()));
        halves.back()->send(Bytes(hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(size)));
    }
    for (const auto& half : halves) {
        Bytes flight(16'384);
        while (::recv(half->fd(), flight.data(), flight.size(), 0) > 0) {
        } // our answer to the whole one
        CHECK(half->is_ended());
    }
    server.wait_logged("\"reason\":\"tls_handshake_timeout\"");
    CHECK(honest.code_of(management("301")) == "00"); // its handshake was done
}

TEST_CASE("tls connection: a handshake that grows too large is closed")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    const Peer peer(server.port());
    Bytes endless{0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0x01, 0xFF, 0xFF};
    endless.resize(5 + 0x4000);
    peer.send(endless);
    endless[5] = endless[6] = 0;
    bool is_open = true;
    for (int i = 0; i < 1'000 && is_open; ++i) is_open = peer.send(endless);
    CHECK_FALSE(is_open);
    server.wait_logged("\"reason\":\"tls_handshake_too_large\"");
}

TEST_CASE("tls connection: a record that begins and does not end is closed as a frame is")
{
    SharedBooks books;
    auto config = tls_config();
    config.links[0].frame_timeout = 500ms;
    RunningServer server(books, config);
    auto peer = good_peer(server);
    CHECK(peer.code_of(management("301")) == "00");
    peer.tcp().send(Bytes{0x17, 0x03, 0x03, 0x00, 0x40, 0x00});
    CHECK(peer.tcp().is_ended());
    server.wait_logged("\"reason\":\"frame_timeout\"");
}

TEST_CASE("tls connection: a peer that never reads is closed and another one is served")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    const auto peer = good_peer(server, 4'096);
    Bytes many;
    for (int i = 0; i < 1'000; ++i) many = many + frame(management("301"));
    bool is_open = true;
    for (int i = 0; i < 1'000 && is_open; ++i) is_open = peer.send(many);
    CHECK_FALSE(is_open);
    CHECK(server.logged("peer_does_not_read"));
    CHECK(good_peer(server).code_of(sale()) == "00");
}

TEST_CASE("tls connection: an approval whose connection is gone is undone")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    books.shut();
    auto peer = good_peer(server);
    peer.send(sale("000001"));
    books.wait_for_requests(1);
    peer.tcp().reset();
    server.wait_logged("peer_gone");
    books.open();
    CHECK(server.stop());
    CHECK(books.balance() == 1'000'000);
}

TEST_CASE("tls connection: garbage inside is closed, after the answers before it")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    const auto peer = good_peer(server);
    peer.send(frame(management("301")) + Bytes{0xFF, 0xFF, 0x00});
    const auto answer = peer.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).mti().text() == "0810");
    CHECK(peer.is_closed());
    CHECK(server.logged("\"reason\":\"garbage\""));
}

TEST_CASE("tls connection: a drain finishes what is in flight and waits for no handshake")
{
    SharedBooks books;
    RunningServer server(books, tls_config());
    const auto peer = good_peer(server);
    const Peer half_open(server.port());
    books.shut();
    peer.send(sale());
    books.wait_for_requests(1);
    server.begin_stop();
    CHECK(half_open.is_ended());
    books.open();
    const auto answer = peer.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).get(39) == "00");
    CHECK(peer.is_closed());
    CHECK(server.stop());
}
