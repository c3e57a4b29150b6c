#include "tests/bench/hostile_attacks.hpp"

#include "tests/support/hostile_bytes.hpp"
#include "tests/support/hostile_hello.hpp"
#include "tests/support/tls_peer.hpp"

#include <csignal>
#include <new>
#include <stdexcept>
#include <thread>

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace bench {

namespace {

using namespace hostile;
using PeerPtr = std::unique_ptr<Peer>;

constexpr unsigned sources = 8;

std::uint8_t source_of(unsigned number)
{
    return static_cast<std::uint8_t>(66 + number % sources);
}

/// Nothing when it was turned away before it was connected.
PeerPtr knock(std::uint16_t port, unsigned number, int receive_buffer = 0)
{
    try {
        return std::make_unique<Peer>(port, receive_buffer, source_of(number));
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

void send_to_the_end(std::uint16_t port, unsigned number, const Bytes& bytes)
{
    const PeerPtr peer = knock(port, number);
    if (peer && peer->send(bytes)) (void)peer->ends();
}

/// All at once, while the answers are read.
void send_at_once(std::uint16_t port, unsigned number, const Bytes& bytes)
{
    const PeerPtr peer = knock(port, number);
    if (!peer) return;
    std::thread sender([&] {
        peer->send(bytes);
        peer->end_sending();
    });
    (void)peer->ends();
    sender.join();
}

// --- plain

void send_garbage(HostilePorts ports, unsigned number)
{
    static std::minstd_rand random(20'260'302);
    send_to_the_end(ports.plain, number, garbage(random));
}

void send_text(HostilePorts ports, unsigned number)
{
    send_to_the_end(ports.plain, number, text("HTTP"));
}

void send_empty_frames(HostilePorts ports, unsigned number)
{
    send_to_the_end(ports.plain, number, empty_frames(4'000));
}

template <std::size_t length> void claim_length(HostilePorts ports, unsigned number)
{
    send_to_the_end(ports.plain, number, claim(length));
}

void send_byte_by_byte(HostilePorts ports, unsigned number)
{
    static const PeerPtr peer = knock(ports.plain, 0);
    for (const std::uint8_t byte : wire::frame(small_sale(number))) peer->send(Bytes{byte});
    (void)peer->read_frame();
}

/// A hundred frames that have begun, and get a byte more from time to time.
void never_end_a_frame(HostilePorts ports, unsigned number)
{
    static std::vector<PeerPtr> held(100);
    PeerPtr& peer = held[number % held.size()];
    std::this_thread::sleep_for(std::chrono::microseconds{100}); // 100 bytes of each in a second
    if (peer && peer->send(Bytes{'x'})) return;
    peer = knock(ports.plain, number);
    if (peer) peer->send(Bytes{0x1F, 0xFF, '0'});
}

void pipeline(HostilePorts ports, unsigned number)
{
    static const Bytes all = sales(0, 10'000);
    send_at_once(ports.plain, number, all);
}

void storm(HostilePorts ports, unsigned number)
{
    (void)knock(ports.plain, number);
}

void end_sending_at_once(HostilePorts ports, unsigned number)
{
    const PeerPtr peer = knock(ports.plain, number);
    if (!peer) return;
    peer->send(small_sale(number));
    peer->end_sending();
    (void)peer->ends();
}

void reset_connection(HostilePorts ports, unsigned number)
{
    const PeerPtr peer = knock(ports.plain, number);
    if (!peer) return;
    peer->send(small_sale(number));
    peer->reset();
}

void never_read(HostilePorts ports, unsigned number)
{
    static const Bytes all = echoes(500);
    const PeerPtr peer = knock(ports.plain, number, 4'096);
    while (peer && peer->send(all)) {
    }
}

void sign_on_and_off(HostilePorts ports, unsigned number)
{
    static const Bytes all = sessions(5'000);
    send_at_once(ports.plain, number, all);
}

void send_unknown_types(HostilePorts ports, unsigned number)
{
    static const Bytes all = unknown_types(10'000);
    send_at_once(ports.plain, number, all);
}

void repeat_one_key(HostilePorts ports, unsigned number)
{
    static const Bytes all = copies(100'000);
    send_at_once(ports.plain, number, all);
}

void say_hello_to_plain_port(HostilePorts ports, unsigned number)
{
    static const Bytes hello = client_hello();
    send_to_the_end(ports.plain, number, hello);
}

// --- TLS

void send_plaintext(HostilePorts ports, unsigned number)
{
    send_to_the_end(ports.tls, number, wire::frame(small_sale(number)));
}

void come_as(HostilePorts ports, unsigned number, const net::TlsConfig& shown, int version = TLS1_3_VERSION)
{
    const auto change = [&](SSL_CTX* context) {
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context, version);
    };
    try {
        (void)TlsPeer(ports.tls, shown, 0, change, source_of(number)).is_refused();
    } catch (const std::runtime_error&) { // turned away before it was connected
    }
}

void show_nothing(HostilePorts ports, unsigned number)
{
    come_as(ports, number, net::TlsConfig{});
}

void show_wrong_name(HostilePorts ports, unsigned number)
{
    static const auto pair = test::parties().authority.issue("other-name", {.names = "DNS:other.test"});
    come_as(ports, number, test::parties().config_of(pair, ""));
}

void show_expired(HostilePorts ports, unsigned number)
{
    using namespace std::chrono_literals;
    static const auto pair =
        test::parties().authority.issue("old", {.names = "DNS:network.test", .from = -48h, .until = -24h});
    come_as(ports, number, test::parties().config_of(pair, ""));
}

void show_other_authority(HostilePorts ports, unsigned number)
{
    static test::Authority stranger(test::parties().folder, "stranger");
    static const auto pair = stranger.issue("alien", {.names = "DNS:network.test"});
    come_as(ports, number, test::parties().config_of(pair, ""));
}

void speak_old_version(HostilePorts ports, unsigned number)
{
    come_as(ports, number, test::parties().client_config(), TLS1_1_VERSION);
}

void say_hello_in_records_of_one(HostilePorts ports, unsigned number)
{
    static const Bytes hello = in_records_of_one(client_hello());
    const PeerPtr peer = knock(ports.tls, number);
    if (!peer || !peer->send(hello)) return;
    std::uint8_t first = 0;
    (void)::recv(peer->fd(), &first, 1, 0);
}

void give_up_handshake(HostilePorts ports, unsigned number)
{
    static const Bytes hello = client_hello();
    const PeerPtr peer = knock(ports.tls, number);
    if (peer) peer->send(hello);
}

/// 5,000 of them, as far as they get in; then those that were refused again.
void hold_handshakes(HostilePorts ports, unsigned number)
{
    static const Bytes hello = client_hello();
    static std::vector<PeerPtr> held(5'000);
    PeerPtr& peer = held[number % held.size()];
    peer = knock(ports.tls, number);
    const std::size_t sizes[] = {hello.size(), 1, hello.size() / 2};
    if (peer) peer->send({hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(sizes[number % 3])});
}

constexpr HostileAttack attacks[] = {
    {"garbage", Over::plain, send_garbage},
    {"http", Over::plain, send_text},
    {"length_0", Over::plain, send_empty_frames},
    {"length_1", Over::plain, claim_length<1>},
    {"length_max", Over::plain, claim_length<8'192>},
    {"length_max_and_1", Over::plain, claim_length<8'193>},
    {"byte_by_byte", Over::plain, send_byte_by_byte},
    {"endless_frame", Over::plain, never_end_a_frame},
    {"pipeline", Over::plain, pipeline},
    {"storm", Over::plain, storm},
    {"half_close", Over::plain, end_sending_at_once},
    {"reset", Over::plain, reset_connection},
    {"never_reads", Over::plain, never_read},
    {"sign_on_loop", Over::plain, sign_on_and_off},
    {"unknown_types", Over::plain, send_unknown_types},
    {"one_key", Over::plain, repeat_one_key},
    {"tls_to_plain", Over::plain, say_hello_to_plain_port},
    {"plain_to_tls", Over::tls, send_plaintext},
    {"no_certificate", Over::tls, show_nothing},
    {"expired", Over::tls, show_expired},
    {"wrong_name", Over::tls, show_wrong_name},
    {"wrong_ca", Over::tls, show_other_authority},
    {"old_version", Over::tls, speak_old_version},
    {"hello_byte_records", Over::tls, say_hello_in_records_of_one},
    {"hello_given_up", Over::tls, give_up_handshake},
    {"half_open_5000", Over::tls, hold_handshakes},
};

[[noreturn]] void attack_for_ever(const HostileAttack& attack, HostilePorts ports,
                                  std::atomic<std::size_t>& attempts)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none); // has what is left, as if it were elsewhere
    for (unsigned number = 0;; ++number) {
        attack.once(ports, number);
        attempts.fetch_add(1);
    }
}

} // namespace

std::span<const HostileAttack> hostile_attacks()
{
    return attacks;
}

Attacker::Attacker(const HostileAttack& attack, HostilePorts ports)
{
    void* const shared =
        ::mmap(nullptr, sizeof *attempts_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) throw std::runtime_error("no shared memory");
    attempts_ = new (shared) std::atomic<std::size_t>(0);
    pid_ = ::fork();
    if (pid_ == 0) attack_for_ever(attack, ports, *attempts_);
    if (pid_ < 0) throw std::runtime_error("no process");
}

Attacker::~Attacker()
{
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::munmap(attempts_, sizeof *attempts_);
}

} // namespace bench
