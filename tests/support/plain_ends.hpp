/// Two ends of a connection, on plain sockets that send and receive only when they are told to.
#pragma once

#include "codec/framing.hpp"
#include "sim/wire.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <optional>

#include <poll.h>

namespace test {

constexpr std::chrono::seconds patience{30};
inline const codec::Framing framing{65'535};

/// A message of so many bytes that knows its number.
inline sim::Bytes message_of(std::size_t bytes, std::size_t number)
{
    return sim::Bytes(bytes, static_cast<std::uint8_t>(number));
}

/// One end of a connection. It reads only when it is asked to.
class End {
public:
    End() { socket_.open(boost::asio::ip::tcp::v4()); }
    explicit End(const sim::Address& at) : End() { connect(at); }
    explicit End(boost::asio::ip::tcp::acceptor& acceptor) { acceptor.accept(socket_); }

    /// Takes no further descriptor.
    void connect(const sim::Address& at)
    {
        socket_.connect({boost::asio::ip::make_address(at.host), at.port});
    }
    /// returns  false when the connection is broken
    bool send(const sim::Bytes& message)
    {
        sim::Bytes frame;
        codec::append_frame(framing, message, frame);
        boost::system::error_code broken;
        boost::asio::write(socket_, boost::asio::buffer(frame), broken);
        return !broken;
    }
    void end() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
    /// returns  nothing when the other side has ended, the connection is broken, or nothing comes
    std::optional<sim::Bytes> receive()
    {
        for (;;) {
            const auto next = reader_.next();
            if (next.status == codec::FrameReader::Status::message)
                return sim::Bytes(next.message.begin(), next.message.end());
            if (next.status != codec::FrameReader::Status::need_more || !read()) return std::nullopt;
        }
    }
    /// returns  true when the other side has sent its last byte before a message comes
    bool sees_the_end() { return !receive() && over_ == boost::asio::error::eof; }
    /// returns  true when the connection breaks before a message comes
    bool sees_a_break() { return !receive() && over_ && over_ != boost::asio::error::eof; }

private:
    bool read()
    {
        pollfd waiting{socket_.native_handle(), POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) != 1)
            return false;
        const auto space = reader_.space();
        reader_.received(socket_.read_some(boost::asio::buffer(space.data(), space.size()), over_));
        return !over_;
    }

    boost::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_{context_};
    codec::FrameReader reader_{framing};
    boost::system::error_code over_; ///< of the last reading
};

/// Where a server listens, or will: until listen() its port is taken, and nobody is there.
class Place {
public:
    Place()
    {
        acceptor_.open(boost::asio::ip::tcp::v4());
        acceptor_.bind({boost::asio::ip::address_v4::loopback(), 0});
    }
    /// backlog  connections that wait for accept(), and one more
    void listen(int backlog = 16) { acceptor_.listen(backlog); }
    [[nodiscard]] sim::Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
    [[nodiscard]] boost::asio::ip::tcp::acceptor& acceptor() { return acceptor_; }

private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_{context_};
};

/// A place where a server listens.
struct OpenPlace : Place {
    OpenPlace() { listen(); }
};

} // namespace test
