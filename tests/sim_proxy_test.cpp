// A proxy between plain sockets: what it does when one of its sides is slow, away, or ends.
#include "sim/proxy.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include <poll.h>

using namespace sim;
namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

namespace {

constexpr std::chrono::seconds patience{30};
const codec::Framing framing{65'535};

template <class Condition> bool wait_until(Condition condition)
{
    const auto deadline = Clock::now() + patience;
    while (!condition()) {
        if (Clock::now() > deadline) return false;
        std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
}

/// A message of so many bytes that knows its number.
Bytes message_of(std::size_t bytes, std::size_t number)
{
    return Bytes(bytes, static_cast<std::uint8_t>(number));
}

/// One end of a connection. It reads only when it is asked to.
class End {
public:
    explicit End(const Address& at)
    {
        boost::system::error_code refused;
        socket_.connect({asio::ip::make_address(at.host), at.port}, refused);
    }
    explicit End(tcp::acceptor& acceptor) { acceptor.accept(socket_); }

    /// returns  false when the connection is broken
    bool send(const Bytes& message)
    {
        Bytes frame;
        codec::append_frame(framing, message, frame);
        boost::system::error_code broken;
        asio::write(socket_, asio::buffer(frame), broken);
        return !broken;
    }
    void end() { socket_.shutdown(tcp::socket::shutdown_send); }
    /// returns  nothing when the other side has ended, the connection is broken, or nothing comes
    std::optional<Bytes> receive()
    {
        for (;;) {
            const auto next = reader_.next();
            if (next.status == codec::FrameReader::Status::message)
                return Bytes(next.message.begin(), next.message.end());
            if (next.status != codec::FrameReader::Status::need_more || !read()) return std::nullopt;
        }
    }
    /// returns  true when the connection ends before a message comes
    bool sees_the_end() { return !receive() && is_over_; }

private:
    bool read()
    {
        pollfd waiting{socket_.native_handle(), POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(milliseconds(patience).count())) != 1) return false;
        const auto space = reader_.space();
        boost::system::error_code error;
        reader_.received(socket_.read_some(asio::buffer(space.data(), space.size()), error));
        is_over_ = error.failed();
        return !is_over_;
    }

    asio::io_context context_;
    tcp::socket socket_{context_};
    codec::FrameReader reader_{framing};
    bool is_over_ = false;
};

/// Where a server listens, or did.
class Place {
public:
    Place() { open(0); }
    void close() { acceptor_.close(); }
    void open_again() { open(port_); }
    [[nodiscard]] Address address() const { return {"127.0.0.1", port_}; }
    [[nodiscard]] tcp::acceptor& acceptor() { return acceptor_; }

private:
    void open(std::uint16_t port)
    {
        acceptor_ = tcp::acceptor(context_, {asio::ip::address_v4::loopback(), port});
        port_ = acceptor_.local_endpoint().port();
    }
    asio::io_context context_;
    tcp::acceptor acceptor_{context_};
    std::uint16_t port_ = 0;
};

/// A client that sends without an end, and a server that reads when it is asked to.
struct Flood {
    static constexpr std::size_t count = 2'000;
    static constexpr std::size_t message_bytes = 60'000; // all of them: more than any socket holds

    explicit Flood(Treatment treatment, std::size_t held_bytes_max)
    {
        Proxy::Settings settings;
        settings.framing = framing;
        settings.held_bytes_max = held_bytes_max;
        settings.treat = [this, treatment](const PassingFrame&) {
            ++taken;
            return treatment;
        };
        proxy = std::make_unique<Proxy>(std::move(settings));
        proxy->lead(0, place.address());
        sender = std::jthread([at = proxy->door(0)] {
            End client(at);
            for (std::size_t i = 0; i < count && client.send(message_of(message_bytes, i)); ++i) {
            }
            (void)client.receive(); // nobody answers: until the proxy breaks the connection
        });
    }
    /// returns  false when it has taken everything instead
    bool stops_reading()
    {
        return wait_until([&] { return proxy->sender_waits() > 0 || taken == count; }) && taken < count;
    }

    Place place;
    std::atomic<std::size_t> taken{0};
    std::jthread sender;
    std::unique_ptr<Proxy> proxy; ///< last: its end is the sender's
};

} // namespace

TEST_CASE("proxy: a server that does not read stops its client, and gets everything when it does")
{
    Flood flood({}, 100'000);
    End server(flood.place.acceptor());
    REQUIRE(flood.stops_reading());
    for (std::size_t i = 0; i < Flood::count; ++i)
        REQUIRE(server.receive() == message_of(Flood::message_bytes, i));
}

TEST_CASE("proxy: what a rule holds back is bounded, too")
{
    constexpr std::size_t held_bytes_max = 1'000'000;
    constexpr std::size_t read_bytes = 4 * 65'536; // of one reading, at most
    for (const auto kind : {Treatment::Kind::delay, Treatment::Kind::hold}) {
        CAPTURE(kind);
        Flood flood({kind, std::chrono::hours(1)}, held_bytes_max);
        REQUIRE(flood.stops_reading());
        CHECK(flood.taken * Flood::message_bytes > held_bytes_max / 4);
        CHECK(flood.taken * Flood::message_bytes < held_bytes_max + read_bytes);
    }
}

TEST_CASE("proxy: a place for one message is enough for many, whatever is done to them")
{
    using Kind = Treatment::Kind;
    constexpr std::size_t count = 10;
    for (const auto kind : {Kind::pass, Kind::twice, Kind::delay, Kind::swap, Kind::hold}) {
        CAPTURE(kind);
        Proxy::Settings settings;
        settings.framing = framing;
        settings.held_bytes_max = 1;
        settings.treat = [kind](const PassingFrame&) { return Treatment{kind, milliseconds(1)}; };
        Place place;
        Proxy proxy(std::move(settings));
        proxy.lead(0, place.address());
        End client(proxy.door(0));
        End server(place.acceptor());
        for (std::size_t i = 0; i < count; ++i) REQUIRE(client.send(message_of(50, i)));
        const std::size_t expected = kind == Kind::twice ? 2 * count : count;
        for (std::size_t i = 0; i < expected; ++i) REQUIRE(server.receive().has_value());
        CHECK(proxy.sender_waits() > 0);
    }
}
