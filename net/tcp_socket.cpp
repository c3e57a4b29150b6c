#include "net/tcp_socket.hpp"

#include <netinet/tcp.h>

namespace net {

namespace asio = boost::asio;

namespace {

using KeepIdle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
using KeepInterval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
using KeepCount = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
using UserTimeout = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;

/// Each way; some thousand answers. The kernel lets them grow to megabytes otherwise, and whoever closes the
/// connection of a peer that did not read waits until they are freed.
constexpr int kernel_buffer_bytes = 256 * 1'024;

} // namespace

void set_options(asio::ip::tcp::socket& socket)
{
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    socket.set_option(KeepIdle(30), ignored);
    socket.set_option(KeepInterval(10), ignored);
    socket.set_option(KeepCount(3), ignored);
    socket.set_option(UserTimeout(15'000), ignored);
    socket.set_option(asio::socket_base::send_buffer_size(kernel_buffer_bytes), ignored);
    socket.set_option(asio::socket_base::receive_buffer_size(kernel_buffer_bytes), ignored);
}

std::string peer_of(const asio::ip::tcp::socket& socket)
{
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return "?";
    return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

} // namespace net
