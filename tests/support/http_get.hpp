#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <sstream>
#include <string>

/// A blocking HTTP client on loopback that reads until the other side ends the connection.
namespace http_client {

inline std::string raw(std::uint16_t port, const std::string& request)
{
    boost::asio::ip::tcp::iostream stream;
    stream.expires_after(std::chrono::seconds{10}); // a broken server fails a test instead of hanging it
    stream.connect("127.0.0.1", std::to_string(port));
    stream << request << std::flush;
    std::ostringstream answer;
    answer << stream.rdbuf();
    return answer.str();
}

inline std::string request(const std::string& method, const std::string& target)
{
    return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

struct Answer {
    std::string status; ///< "200"; empty: there was none
    std::string body;
};

inline Answer get(std::uint16_t port, const std::string& target, const std::string& method = "GET")
{
    const std::string text = raw(port, request(method, target));
    const auto body = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || body == std::string::npos) return {};
    return {text.substr(9, 3), text.substr(body + 4)};
}

} // namespace http_client
