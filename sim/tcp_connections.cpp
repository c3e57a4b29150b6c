#include "sim/tcp_connections.hpp"

#include <cstring>
#include <utility>

namespace sim {

namespace {

/// Gives one direction's bytes to its connection.
class Lane final : public StreamSink {
public:
    Lane(ConnectionSink& sink, End sender) : sink_(sink), sender_(sender) {}
    void bytes(std::span<const std::uint8_t> next) override { sink_.bytes(sender_, next); }
    void gap(std::uint64_t missing) override { sink_.gap(sender_, missing); }

private:
    ConnectionSink& sink_;
    End sender_;
};

std::uint64_t mixed(std::uint64_t hash, const Endpoint& endpoint)
{
    std::uint64_t words[2];
    std::memcpy(words, endpoint.address.data(), sizeof words);
    for (const std::uint64_t word : {words[0], words[1], std::uint64_t{endpoint.port}}) {
        hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
        hash ^= hash >> 29U;
    }
    return hash;
}

} // namespace

std::size_t TcpConnections::PairHash::operator()(const Pair& pair) const
{
    return mixed(mixed(0, pair.low), pair.high);
}

void TcpConnections::add(const TcpSegment& segment)
{
    const Place place = find_or_open(segment);
    connections_.splice(connections_.end(), connections_, place);
    take(*place, segment);
}

TcpConnections::Place TcpConnections::find_or_open(const TcpSegment& segment)
{
    const bool is_low = segment.from < segment.to;
    const Pair pair{is_low ? segment.from : segment.to, is_low ? segment.to : segment.from};
    const auto found = by_pair_.find(pair);
    if (found == by_pair_.end()) return open(pair, segment);
    Connection& connection = *found->second;
    const std::size_t sender = segment.from == connection.first ? 0 : 1;
    if (!segment.is_syn || connection.streams[sender].is_started_by(segment.sequence)) return found->second;
    end(found->second); // the same ports, used again
    return open(pair, segment);
}

TcpConnections::Place TcpConnections::open(const Pair& pair, const TcpSegment& segment)
{
    if (connections_.size() == connections_max) {
        ++ended_early_;
        end(connections_.begin());
    }
    ++opened_;
    connections_.push_back({pair, segment.from, {}, open_(segment.from, segment.to)});
    const Place place = std::prev(connections_.end());
    by_pair_.emplace(pair, place);
    return place;
}

void TcpConnections::take(Connection& connection, const TcpSegment& segment)
{
    const End sender = segment.from == connection.first ? End::first : End::second;
    const End receiver = other_end(sender);
    TcpStream& sent = connection.streams[static_cast<std::size_t>(sender)];
    TcpStream& answered = connection.streams[static_cast<std::size_t>(receiver)];
    const std::size_t waited = sent.waiting_bytes() + answered.waiting_bytes();

    if (segment.has_ack) {
        Lane lane(*connection.sink, receiver);
        answered.acknowledged(segment.acknowledged, lane, counters_);
    }
    std::uint32_t sequence = segment.sequence;
    if (segment.is_syn) {
        if (!sent.has_started()) connection.sink->opened(sender);
        sent.started(sequence++);
        connection.sink->server_is(segment.has_ack ? sender : receiver);
    }
    if (!segment.payload.empty()) {
        Lane lane(*connection.sink, sender);
        sent.segment(sequence, segment.payload, lane, counters_);
    }
    waiting_bytes_ += sent.waiting_bytes() + answered.waiting_bytes() - waited;
    if (waiting_bytes_ > waiting_max) flush(connection, sender);
}

void TcpConnections::flush(Connection& connection, End sender)
{
    TcpStream& stream = connection.streams[static_cast<std::size_t>(sender)];
    const std::size_t waited = stream.waiting_bytes();
    Lane lane(*connection.sink, sender);
    stream.flush(lane, counters_);
    waiting_bytes_ -= waited - stream.waiting_bytes();
}

void TcpConnections::end(Place connection)
{
    for (const End sender : {End::first, End::second}) {
        TcpStream& stream = connection->streams[static_cast<std::size_t>(sender)];
        waiting_bytes_ -= stream.waiting_bytes();
        Lane lane(*connection->sink, sender);
        stream.finish(lane, counters_);
    }
    connection->sink->ended();
    by_pair_.erase(connection->pair);
    connections_.erase(connection);
}

void TcpConnections::finish()
{
    while (!connections_.empty()) end(connections_.begin());
}

} // namespace sim
