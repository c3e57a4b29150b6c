/// One connection of the shop in restart_shop.hpp.
#pragma once

#include "codec/framing.hpp"
#include "sim/wire.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstdint>
#include <optional>
#include <set>

namespace test {

struct RestartSession {
    enum class State : std::uint8_t {
        signing_on,
        up,
        leaving, ///< signed off: nothing more is sent but answers
        ended,   ///< by us
    };

    RestartSession(boost::asio::ip::tcp::socket a_socket, boost::asio::ssl::context* context,
                   const codec::Framing& framing)
        : socket(std::move(a_socket)), reader(framing)
    {
        if (context) tls.emplace(socket, *context);
    }
    /// Does the same with whichever stream it is.
    template <class Use> auto use(Use what) { return tls ? what(*tls) : what(socket); }

    /// It is leaving, and waits for nothing more.
    [[nodiscard]] bool is_done() const { return state == State::leaving && outstanding.empty(); }

    boost::asio::ip::tcp::socket socket;
    std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls;
    codec::FrameReader reader;
    State state = State::signing_on;
    sim::Bytes output;
    sim::Bytes leaving; ///< being written
    bool is_writing = false;
    std::set<std::size_t> outstanding; ///< sales by their index
};

} // namespace test
