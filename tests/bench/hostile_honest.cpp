#include "tests/bench/hostile_honest.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/hostile_bytes.hpp"
#include "tests/support/tls_peer.hpp"

#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;
using wire::Bytes;

constexpr std::chrono::seconds patience{1};

/// With a card that no attacker has: the requests of one card are served in the order in which they come.
codec::Message honest_sale(std::size_t number)
{
    return wire::with(hostile::small_sale(number), {{2, wire::other_pan}});
}

} // namespace

struct SteadyClient::Body {
    Body(HostilePorts ports, Over over)
    {
        if (over == Over::tls)
            tls.emplace(ports.tls, test::parties().client_config());
        else
            plain.emplace(ports.plain);
        const int on = 1;
        ::setsockopt(fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if ((tls ? tls->code_of(echo()) : plain->code_of(echo())) != "00")
            throw std::runtime_error("the honest client does not get in");
        ::prctl(PR_SET_TIMERSLACK, 1); // wakes when it is told to, not 50 us later
    }

    static codec::Message echo() { return wire::management("301"); }
    [[nodiscard]] int fd() const { return tls ? tls->tcp().fd() : plain->fd(); }
    void send(const Bytes& frame) const
    {
        if (!(tls ? tls->send(frame) : plain->send(frame))) throw std::runtime_error("the connection ended");
    }

    /// Takes what is there into `unread`, without waiting.
    void receive()
    {
        std::array<std::uint8_t, 65'536> piece;
        for (;;) {
            std::optional<std::size_t> size = tls ? read_tls(piece) : read_plain(piece);
            if (!size) return;
            unread.insert(unread.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*size));
        }
    }
    [[nodiscard]] std::optional<std::size_t> read_plain(std::span<std::uint8_t> piece) const
    {
        const auto got = ::recv(fd(), piece.data(), piece.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) return std::nullopt;
        if (got <= 0) throw std::runtime_error("the connection ended");
        return static_cast<std::size_t>(got);
    }
    [[nodiscard]] std::optional<std::size_t> read_tls(std::span<std::uint8_t> piece) const
    {
        if (SSL_pending(tls->ssl()) == 0) { // SSL_read() would wait
            std::uint8_t byte = 0;
            if (::recv(fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN) return std::nullopt;
        }
        const int got = SSL_read(tls->ssl(), piece.data(), static_cast<int>(piece.size()));
        if (got <= 0) throw std::runtime_error("the connection ended");
        return static_cast<std::size_t>(got);
    }

    /// Whole answers that have come.
    void take(Seen& seen)
    {
        receive();
        const auto now = Clock::now();
        std::size_t at = 0;
        while (unread.size() - at >= 2) {
            const std::size_t size = 2 + unread[at] * 256U + unread[at + 1];
            if (unread.size() - at < size) break;
            note(seen, wire::unframe(std::span(unread).subspan(at, size)), now);
            at += size;
        }
        unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(at));
    }
    void note(Seen& seen, const codec::Message& answer, Clock::time_point now)
    {
        const auto asked = waiting.find(std::string(answer.get(11)));
        if (asked == waiting.end()) return; // it was given up
        if (answer.get(39) != "00") throw std::runtime_error("answered " + std::string(answer.get(39)));
        const auto took = now - asked->second;
        seen.micros.push_back(std::chrono::duration<double, std::micro>(took).count());
        if (took > patience) ++seen.timeouts;
        waiting.erase(asked);
    }

    void wait_until(Clock::time_point moment) const
    {
        const auto left = std::max(moment - Clock::now(), Clock::duration::zero());
        const timespec limit{std::chrono::duration_cast<std::chrono::seconds>(left).count(),
                             (left % std::chrono::seconds{1}).count()};
        pollfd asked{fd(), POLLIN, 0};
        ::ppoll(&asked, 1, &limit, nullptr);
    }

    std::optional<Peer> plain;
    std::optional<TlsPeer> tls;
    Bytes unread;
    std::map<std::string, Clock::time_point> waiting; ///< by STAN: when it was to be sent
    std::size_t number = 0;
};

SteadyClient::SteadyClient(HostilePorts ports, Over over) : body_(std::make_unique<Body>(ports, over)) {}

SteadyClient::~SteadyClient() = default;

Seen SteadyClient::run(std::chrono::milliseconds time, std::size_t per_second)
{
    Seen seen;
    Body& body = *body_;
    const Clock::duration interval = std::chrono::nanoseconds{1'000'000'000 / per_second};
    Clock::time_point next = Clock::now();
    const auto end = next + time;
    while (next < end) {
        while (next < end && Clock::now() >= next) {
            const std::size_t number = ++body.number;
            body.waiting[hostile::stan_of(number)] = next;
            body.send(wire::frame(honest_sale(number)));
            next += interval;
        }
        body.wait_until(next);
        body.take(seen);
    }
    const auto last = Clock::now() + patience;
    while (!body.waiting.empty() && Clock::now() < last) {
        body.wait_until(last);
        body.take(seen);
    }
    seen.timeouts += body.waiting.size();
    body.waiting.clear();
    return seen;
}

} // namespace bench
