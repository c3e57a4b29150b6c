#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace net {

/// Answers leave at once, half-dead sessions are found (DOMAIN 4.4), and the kernel keeps 256 KiB at most
/// each way. An option that fails is no reason to refuse.
void set_options(boost::asio::ip::tcp::socket& socket);

/// Address and port of the other side, for the log; "?" when it has gone.
[[nodiscard]] std::string peer_of(const boost::asio::ip::tcp::socket& socket);

} // namespace net
