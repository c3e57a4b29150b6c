/// One direction of a proxied connection.
#pragma once

#include "sim/recorder.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <deque>
#include <optional>

namespace sim {

/// Something to write: a frame, or what is left of one.
struct ProxyPiece {
    enum class Then : std::uint8_t { go_on, shut, cut }; ///< shut: this direction ends
    Bytes bytes;
    Bytes message{}; ///< recorded when it leaves; empty when it is not
    RecordedFrame::Fate fate = RecordedFrame::Fate::whole;
    Then then = Then::go_on;
    std::chrono::milliseconds wait{0}; ///< before it is written, when its turn has come
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
    std::deque<ProxyPiece> outbox;
    std::optional<Bytes> swapped; ///< message that lets the next one overtake
    std::chrono::milliseconds pause{0};
    bool is_shut = false;   ///< nothing goes on any more
    bool has_ended = false; ///< its source has sent its last byte, and the other side will know
};

} // namespace sim
