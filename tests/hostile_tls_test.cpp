// Clients that break the rules of TLS, or come with a wrong certificate, while honest ones work over TLS and
// without (RELIABILITY P11, rows 38 to 45).
#include "tests/support/certificates.hpp"
#include "tests/support/descriptor_limit.hpp"
#include "tests/support/hostile.hpp"
#include "tests/support/hostile_hello.hpp"
#include "tests/support/tls_peer.hpp"

using namespace wire;
using namespace hostile;
using namespace std::chrono_literals;
using test::parties;

namespace {

/// As over_tcp().
Ask over_tls(std::uint16_t port)
{
    return [peer = std::make_shared<TlsPeer>(port, parties().client_config())](const codec::Message& m) {
        return peer->code_of(m);
    };
}

/// The link that is attacked has TLS, and knows who is revoked.
void with_tls(net::Config& config)
{
    config.links.front().tls = parties().server_config();
}

// --- the wrong protocol

void send_plaintext(const Scene& scene)
{
    for (std::size_t i = 0; i < 20; ++i) {
        const Peer peer = scene.client();
        peer.send(sale(stan_of(i)));
        CHECK(peer.ends());
    }
}

void say_hello_to_plain_port(const Scene& scene)
{
    const Bytes hello = client_hello();
    for (int i = 0; i < 20; ++i) {
        const Peer peer = scene.client();
        peer.send(hello);
        CHECK(peer.ends());
    }
    const Peer slow = scene.client();
    for (std::size_t i = 0; i < hello.size() && slow.send(Bytes{hello[i]}); ++i) {
    }
    CHECK(slow.ends());
}

// --- the wrong certificate, the wrong version

struct Visitor {
    net::TlsConfig shown;
    int version_max = TLS1_3_VERSION;
};

/// It is refused, however often it comes.
void come_as(const Scene& scene, const Visitor& visitor)
{
    const auto change = [&](SSL_CTX* context) {
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context, visitor.version_max);
    };
    for (std::size_t i = 0; i < 20; ++i) {
        const TlsPeer peer(scene.port, visitor.shown, 0, change, hostile_source);
        (void)peer.send(sale(stan_of(i)));
        CHECK(peer.is_refused());
    }
}

void show_nothing(const Scene& scene)
{
    come_as(scene, {net::TlsConfig{}});
}

void show_expired(const Scene& scene)
{
    const test::Wish wish{.names = "DNS:network.test", .from = -48h, .until = -24h};
    come_as(scene, {parties().config_of(parties().authority.issue("expired", wish), "")});
}

void show_other_name(const Scene& scene)
{
    const auto other = parties().authority.issue("other-name", {.names = "DNS:other.test"});
    come_as(scene, {parties().config_of(other, "")});
}

void show_other_authority(const Scene& scene)
{
    test::Authority stranger(parties().folder, "stranger");
    const auto alien = stranger.issue("alien", {.names = "DNS:network.test"});
    come_as(scene, {parties().config_of(alien, "")});
}

const test::Pair& revoked()
{
    static const auto pair = parties().authority.issue("revoked", {.names = "DNS:network.test"});
    return pair;
}
void with_revocations(net::Config& config)
{
    with_tls(config);
    config.links.front().tls->crl_file = parties().authority.revoke({revoked().serial});
}
void show_revoked(const Scene& scene)
{
    come_as(scene, {parties().config_of(revoked(), "")});
}

template <int version> void speak_old_version(const Scene& scene)
{
    come_as(scene, {parties().client_config(), version});
}

// --- handshakes

void say_hello_in_records_of_one(const Scene& scene)
{
    const Bytes hello = in_records_of_one(client_hello());
    for (std::size_t i = 0; i < 10; ++i) {
        const Peer peer = scene.client();
        for (std::size_t at = 0; at < hello.size(); at += 6)
            peer.send(Bytes(hello.begin() + static_cast<std::ptrdiff_t>(at),
                            hello.begin() + static_cast<std::ptrdiff_t>(at + 6)));
        std::uint8_t first = 0;
        CHECK(::recv(peer.fd(), &first, 1, 0) == 1); // it was understood
        CHECK(first == 0x16);
    }
}

void never_end_the_hello(const Scene& scene)
{
    const Peer peer = scene.client();
    Bytes record{0x16, 0x03, 0x01, 0x00, 0x00, 0x01, 0x01, 0xFF, 0xFF}; // a hello of 131,071 bytes
    record.resize(record.size() + 1'000);
    Bytes pieces = in_records_of_one(record);
    while (peer.send(pieces)) pieces = in_records_of_one(Bytes{0x16, 0x03, 0x01, 0x00, 0x00, 0x00});
    CHECK(peer.ends());
}

/// Connections of many addresses that begin a handshake and do not go on.
std::vector<std::unique_ptr<Peer>> half_open(const Scene& scene, std::size_t count, std::size_t sources)
{
    const Bytes hello = client_hello();
    std::vector<std::unique_ptr<Peer>> held;
    for (std::size_t i = 0; i < count; ++i) {
        held.push_back(scene.bold_client(static_cast<std::uint8_t>(hostile_source + i % sources)));
        const std::size_t size = i % 3 == 0 ? hello.size() : i % 3 == 1 ? 1 : hello.size() / 2;
        if (held.back())
            held.back()->send({hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(size)});
    }
    return held;
}

/// 5,000 where the system gives the descriptors for both ends of them.
std::size_t half_open_count()
{
    constexpr std::size_t others = 500;
    constexpr std::size_t wanted = 5'000 / slowness;
    return std::min(wanted, (test::allow_descriptors(2 * wanted + others) - others) / 2);
}

void hold_handshakes(const Scene& scene)
{
    const auto held = half_open(scene, half_open_count(), 50);
    for (const auto& peer : held) {
        REQUIRE(peer);
        CHECK(peer->ends());
    }
}
void let_all_wait(net::Config& config)
{
    with_tls(config);
    config.links.front().tls->handshake_timeout = 1s;
    config.links.front().connections_max = 10'000;
    config.limits.handshakes_pending = 40'000;
}

/// The node has no room for more, and still one for whoever is honest.
void hold_all_handshakes(const Scene& scene)
{
    const auto held = half_open(scene, half_open_count(), 8);
    REQUIRE(scene.server.comes_to_log("handshakes_full"));
    CHECK(over_tls(scene.port)(management("301")) == "00");
    CHECK(scene.server.server().totals().handshakes > 0);
}
void let_few_wait(net::Config& config)
{
    with_tls(config);
    config.links.front().connections_max = 10'000;
    config.limits.handshakes_pending = 64;
    config.limits.accepts_per_source_second = 10'000;
}

void give_up_handshakes(const Scene& scene)
{
    const Bytes hello = client_hello();
    for (std::size_t i = 0; i < 1'000 / slowness; ++i) {
        const auto peer = scene.bold_client(static_cast<std::uint8_t>(hostile_source + i % 50));
        if (peer) peer->send(hello);
    }
}

} // namespace

TEST_CASE("hostile: each client harms only itself, over TLS too")
{
    const Attack attacks[] = {
        {"plaintext to the TLS port", send_plaintext, "tls_not_tls", {}, with_tls, over_tls},
        {"TLS to the plain port", say_hello_to_plain_port, "tls_not_expected"},
        {"no certificate", show_nothing, "tls_no_certificate", {}, with_tls, over_tls},
        {"expired", show_expired, "tls_bad_certificate", {"has expired"}, with_tls, over_tls},
        {"another name", show_other_name, "tls_wrong_name", {"mismatch"}, with_tls, over_tls},
        {"another authority", show_other_authority, "tls_bad_certificate", {"issuer"}, with_tls, over_tls},
        {"revoked", show_revoked, "tls_bad_certificate", {"revoked"}, with_revocations, over_tls},
        {"TLS 1.1", speak_old_version<TLS1_1_VERSION>, "tls_old_version", {}, with_tls, over_tls},
        {"TLS 1.0", speak_old_version<TLS1_VERSION>, "tls_old_version", {}, with_tls, over_tls},
        {"hello in records of one byte", say_hello_in_records_of_one, "peer_gone", {}, with_tls, over_tls},
        {"hello that never ends", never_end_the_hello, "tls_handshake_too_large", {}, with_tls, over_tls},
        {"5,000 half-open handshakes", hold_handshakes, "tls_handshake_timeout", {}, let_all_wait, over_tls},
        {"half-open, above the limit", hold_all_handshakes, "handshakes_full", {}, let_few_wait, over_tls},
        {"handshakes given up", give_up_handshakes, "peer_gone", {}, with_tls, over_tls},
    };
    for (const Attack& attack : attacks) withstand(attack);
}
