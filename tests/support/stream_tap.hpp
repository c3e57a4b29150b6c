/// Passes TCP connections on, byte by byte, and keeps what has passed as tcpdump would have.
#pragma once

#include "sim/wire.hpp"
#include "tests/support/tcp_capture.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>
#include <string>
#include <thread>

namespace test {

/// On a free port of the loopback, with a thread of its own.
class StreamTap {
public:
    explicit StreamTap(const sim::Address& target)
        : target_(boost::asio::ip::make_address(target.host), target.port),
          acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0})
    {
        accept();
        thread_ = std::thread([this] { context_.run(); });
    }
    ~StreamTap() { stop(); }
    StreamTap(const StreamTap&) = delete;
    StreamTap& operator=(const StreamTap&) = delete;

    [[nodiscard]] sim::Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

    /// Ends all connections.
    /// returns  the file that tcpdump would have written
    const std::string& stop()
    {
        if (thread_.joinable()) {
            context_.stop();
            thread_.join();
        }
        return capture_.bytes();
    }

private:
    using error_code = boost::system::error_code;
    using tcp = boost::asio::ip::tcp;
    using Sender = tests::Sender;

    /// One direction of a connection.
    struct Way {
        Sender from = Sender::client;
        std::uint32_t sequence = 1; ///< of the next byte
        std::array<char, 16 * 1024> buffer{};
    };
    struct Line {
        Line(tcp::socket taken, boost::asio::io_context& context) : client(std::move(taken)), server(context)
        {
        }
        tcp::socket client;
        tcp::socket server;
        std::uint16_t port = 0;
        Way requests{Sender::client};
        Way answers{Sender::server};
    };

    void accept()
    {
        acceptor_.async_accept([this](error_code error, tcp::socket client) {
            if (error) return;
            auto line = std::make_shared<Line>(std::move(client), context_);
            line->port = next_port_++;
            line->server.connect(target_, error);
            if (!error) begin(line);
            accept();
        });
    }

    void begin(const std::shared_ptr<Line>& line)
    {
        add(*line, {.from = Sender::client, .sequence = 0, .flags = "S"});
        add(*line, {.from = Sender::server, .sequence = 0, .acknowledged = 1, .flags = "SA"});
        pump(line, line->requests);
        pump(line, line->answers);
    }

    void add(const Line& line, tests::CapturedSegment segment)
    {
        segment.client_port = line.port;
        capture_.add(segment);
    }

    void pump(const std::shared_ptr<Line>& line, Way& way)
    {
        const bool is_request = way.from == Sender::client;
        tcp::socket& source = is_request ? line->client : line->server;
        tcp::socket& target = is_request ? line->server : line->client;
        source.async_read_some(boost::asio::buffer(way.buffer), [this, line, &way, &target](
                                                                    error_code error, std::size_t bytes) {
            const Way& other = way.from == Sender::client ? line->answers : line->requests;
            tests::CapturedSegment segment{
                .from = way.from, .sequence = way.sequence, .acknowledged = other.sequence};
            if (error) segment.flags = "FA";
            segment.payload.assign(way.buffer.data(), bytes);
            add(*line, segment);
            way.sequence += static_cast<std::uint32_t>(bytes);
            error_code failed;
            if (error)
                target.shutdown(tcp::socket::shutdown_send, failed);
            else
                boost::asio::write(target, boost::asio::buffer(segment.payload), failed);
            if (!error && !failed) pump(line, way);
        });
    }

    boost::asio::io_context context_{1};
    tcp::endpoint target_;
    tcp::acceptor acceptor_;
    std::uint16_t next_port_ = 20'000;
    tests::TcpCapture capture_;
    std::thread thread_;
};

} // namespace test
