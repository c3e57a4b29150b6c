/// One direction of a proxied connection, and what all connections of a proxy share.
#pragma once

#include "net/tls_records.hpp"
#include "sim/proxy.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <optional>

namespace sim {

/// Bytes of memory, about, that a message or a piece of so many bytes takes: it and the books about it.
[[nodiscard]] constexpr std::size_t proxy_weight(std::size_t bytes)
{
    constexpr std::size_t books = 256;
    return bytes + books;
}

/// Something to write: a frame, or what is left of one.
struct ProxyPiece {
    enum class Then : std::uint8_t { go_on, shut, cut }; ///< shut: this direction ends
    Bytes bytes;
    Bytes message{}; ///< recorded when it leaves; empty when it is not
    RecordedFrame::Fate fate = RecordedFrame::Fate::whole;
    Then then = Then::go_on;
    std::chrono::milliseconds wait{0}; ///< before it is written, when its turn has come

    [[nodiscard]] std::size_t weight() const { return proxy_weight(bytes.size() + message.size()); }
};

/// One direction of a connection.
struct ProxyLane {
    ProxyLane(Direction of, boost::asio::ip::tcp::socket& source, boost::asio::ip::tcp::socket& target,
              const codec::Framing& framing)
        : direction(of), from(source), to(target), reader(framing)
    {
    }
    Direction direction;
    boost::asio::ip::tcp::socket& from;
    boost::asio::ip::tcp::socket& to;
    codec::FrameReader reader;
    net::ClientHelloFinder hello_finder; ///< a proxy cannot look into TLS
    std::deque<ProxyPiece> outbox;
    std::optional<Bytes> swapped; ///< message that lets the next one overtake
    std::chrono::milliseconds pause{0};
    std::size_t held = 0;   ///< weight of the outbox, and of all that waits for its time outside of it
    bool is_full = false;   ///< nothing is read until less is held
    bool is_shut = false;   ///< nothing goes on any more
    bool has_ended = false; ///< its source has sent its last byte, and the other side will know

    [[nodiscard]] bool is_done() const { return has_ended && held == 0; }
};

/// What all connections share.
struct ProxyDesk {
    boost::asio::io_context context{1};
    Proxy::Settings settings;
    Recording* recording; ///< null: nothing is kept
    std::uint64_t requests = 0;
    std::uint64_t answers = 0;
    std::uint32_t connections = 0;
    std::atomic<std::uint64_t> sender_waits{0};
    Clock::time_point awake = Clock::now();

    Treatment treatment_of(Direction direction, std::uint32_t connection,
                           std::span<const std::uint8_t> message)
    {
        const std::uint64_t number = direction == Direction::request ? requests++ : answers++;
        if (!settings.treat) return {};
        return settings.treat({direction, number, connection, message});
    }
};

} // namespace sim
