#include "tests/bench/links_echo.hpp"

#include "tests/support/certificates.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include <unistd.h>

namespace bench {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t buffer_bytes = 8'192; ///< as a link begins with; grows for a longer frame
constexpr std::size_t prefix_bytes = 2;

std::size_t frame_bytes(std::span<const std::uint8_t> bytes)
{
    return bytes.size() < prefix_bytes ? prefix_bytes : prefix_bytes + bytes[0] * 256U + bytes[1];
}

/// The frames at the beginning that are whole, in bytes.
std::size_t whole_frames(std::span<const std::uint8_t> bytes)
{
    std::size_t whole = 0;
    while (bytes.size() - whole >= frame_bytes(bytes.subspan(whole)))
        whole += frame_bytes(bytes.subspan(whole));
    return whole;
}

template <class Stream> asio::awaitable<void> echo_each_frame(Stream& stream)
{
    std::vector<std::uint8_t> frame(buffer_bytes);
    for (;;) {
        const auto prefix = asio::buffer(frame.data(), prefix_bytes);
        if (std::get<0>(co_await asio::async_read(stream, prefix, as_result))) co_return;
        const std::size_t size = frame_bytes(std::span(frame).first(prefix_bytes));
        frame.resize(std::max(frame.size(), size));
        const auto body = asio::buffer(frame.data() + prefix_bytes, size - prefix_bytes);
        if (std::get<0>(co_await asio::async_read(stream, body, as_result))) co_return;
        const auto answer = asio::buffer(frame.data(), size);
        if (std::get<0>(co_await asio::async_write(stream, answer, as_result))) co_return;
    }
}

template <class Stream> asio::awaitable<void> echo_whole_reads(Stream& stream)
{
    std::vector<std::uint8_t> buffer(buffer_bytes);
    for (std::size_t size = 0;;) {
        const auto space = asio::buffer(buffer) + size;
        const auto [unread, got] = co_await stream.async_read_some(space, as_result);
        if (unread) co_return;
        size += got;
        const std::size_t whole = whole_frames(std::span(buffer).first(size));
        if (whole > 0) {
            const auto answers = asio::buffer(buffer.data(), whole);
            const auto [unsent, sent] = co_await asio::async_write(stream, answers, as_result);
            if (unsent) co_return;
            std::copy(buffer.data() + whole, buffer.data() + size, buffer.data());
            size -= whole;
        }
        buffer.resize(std::max(buffer.size(), frame_bytes(std::span(buffer).first(size))));
    }
}

template <class Stream> asio::awaitable<void> echo(Stream& stream, Host host)
{
    return host == Host::echo ? echo_whole_reads(stream) : echo_each_frame(stream);
}

asio::awaitable<void> serve_plain(tcp::socket socket, Host host)
{
    co_await echo(socket, host);
}

asio::awaitable<void> serve_tls(tcp::socket socket, Host host, ssl::context& context)
{
    ssl::stream<tcp::socket> stream(std::move(socket), context);
    const auto [failed] = co_await stream.async_handshake(ssl::stream_base::server, as_result);
    if (!failed) co_await echo(stream, host);
}

/// With what our own side of a link has: mutual, the peer's certificate looked at, nothing resumed.
ssl::context tls_context()
{
    const net::TlsConfig config = test::parties().server_config();
    ssl::context context(ssl::context::tls_server);
    context.use_certificate_chain_file(config.certificate_file);
    context.use_private_key_file(config.private_key_file, ssl::context::pem);
    context.load_verify_file(config.ca_file);
    context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    SSL_CTX_set_num_tickets(context.native_handle(), 0);
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
    return context;
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor, Host host, ssl::context* tls)
{
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(as_result);
        if (error) co_return;
        socket.set_option(tcp::no_delay(true));
        auto served =
            tls != nullptr ? serve_tls(std::move(socket), host, *tls) : serve_plain(std::move(socket), host);
        asio::co_spawn(acceptor.get_executor(), std::move(served), asio::detached);
    }
}

} // namespace

[[noreturn]] void be_echo(Subject subject, int port_pipe)
{
    std::optional<ssl::context> tls;
    if (subject.transport == Transport::tls) tls = tls_context();
    asio::io_context io{1};
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    const std::uint16_t port = acceptor.local_endpoint().port();
    if (::write(port_pipe, &port, sizeof port) != sizeof port) std::_Exit(1);
    asio::co_spawn(io, accept_all(acceptor, subject.host, tls ? &*tls : nullptr), asio::detached);
    io.run();
    std::_Exit(0);
}

} // namespace bench
