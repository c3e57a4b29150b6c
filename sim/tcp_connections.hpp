/// The TCP connections of a capture, told apart and put together.
#pragma once

#include "sim/pcap_packet.hpp"
#include "sim/tcp_stream.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>

namespace sim {

/// An end of a connection, named by who was seen first.
enum class End : std::uint8_t { first, second };

[[nodiscard]] constexpr End other_end(End end)
{
    return end == End::first ? End::second : End::first;
}

/// What comes of one connection.
class ConnectionSink {
public:
    virtual ~ConnectionSink() = default;
    /// Its opening was captured: from here on nothing of the stream that this end sends was missed.
    virtual void opened(End sender) = 0;
    virtual void server_is(End end) = 0;
    virtual void bytes(End sender, std::span<const std::uint8_t> next) = 0;
    /// As StreamSink::gap().
    virtual void gap(End sender, std::uint64_t missing) = 0;
    /// Nothing more comes.
    virtual void ended() = 0;
};

/// Memory is bounded: when there are too many connections, the one that was silent longest ends; should it go
/// on, it is a new one that the capture joins in its middle.
class TcpConnections {
public:
    static constexpr std::size_t connections_max = 8'192;
    /// What may wait in all of them together.
    static constexpr std::size_t waiting_max = 8UL * 1024 * 1024;

    /// first    the end that the first packet came from
    using Open =
        std::function<std::unique_ptr<ConnectionSink>(const Endpoint& first, const Endpoint& second)>;

    explicit TcpConnections(Open open) : open_(std::move(open)) {}

    void add(const TcpSegment& segment);
    /// Ends all of them, in the order of their last packets.
    void finish();

    [[nodiscard]] std::uint64_t opened() const { return opened_; }
    [[nodiscard]] std::uint64_t ended_early() const { return ended_early_; }
    [[nodiscard]] const StreamCounters& counters() const { return counters_; }

private:
    struct Pair {
        Endpoint low;
        Endpoint high;
        friend bool operator==(const Pair&, const Pair&) = default;
    };
    struct PairHash {
        std::size_t operator()(const Pair& pair) const;
    };
    struct Connection {
        Pair pair;
        Endpoint first;
        TcpStream streams[2];
        std::unique_ptr<ConnectionSink> sink;
    };
    using Place = std::list<Connection>::iterator;

    [[nodiscard]] Place find_or_open(const TcpSegment& segment);
    [[nodiscard]] Place open(const Pair& pair, const TcpSegment& segment);
    void take(Connection& connection, const TcpSegment& segment);
    void flush(Connection& connection, End sender);
    void end(Place connection);

    Open open_;
    std::list<Connection> connections_; ///< the one with the latest packet last
    std::unordered_map<Pair, Place, PairHash> by_pair_;
    std::size_t waiting_bytes_ = 0;
    std::uint64_t opened_ = 0;
    std::uint64_t ended_early_ = 0;
    StreamCounters counters_;
};

} // namespace sim
