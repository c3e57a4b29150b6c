#include "net/config_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <charconv>

namespace net {

namespace ip = boost::asio::ip;

namespace {

template <class Number> std::optional<Number> parse_digits(std::string_view text)
{
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<ip::address> address_of(const std::string& host)
{
    boost::system::error_code error;
    const auto address = ip::make_address(host, error);
    return error ? std::nullopt : std::optional(address);
}

} // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = parse_digits<std::uint16_t>(text.substr(colon + 1));
    std::string host(text.substr(0, colon));
    const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (is_bracketed) host = host.substr(1, host.size() - 2);
    const bool is_host = !host.empty() && std::none_of(host.begin(), host.end(), [&](char c) {
        return c <= ' ' || c == '/' || c == '[' || c == ']' || (c == ':' && !is_bracketed);
    });
    if (!port || !is_host) return std::nullopt;
    return Endpoint{std::move(host), *port};
}

std::string text_of(const Endpoint& endpoint)
{
    const bool is_v6 = endpoint.host.find(':') != std::string::npos;
    return (is_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

std::string plain_text_of(const Endpoint& endpoint)
{
    const auto address = address_of(endpoint.host);
    return text_of(Endpoint{address ? address->to_string() : endpoint.host, endpoint.port});
}

bool is_address(const std::string& host)
{
    return address_of(host).has_value();
}

bool is_loopback(const std::string& host)
{
    const auto address = address_of(host);
    return address ? address->is_loopback() : host == "localhost";
}

bool is_private(const std::string& host)
{
    const auto address = address_of(host);
    if (!address || address->is_loopback()) return is_loopback(host);
    if (address->is_v6()) return (address->to_v6().to_bytes()[0] & 0xFE) == 0xFC;
    const auto bytes = address->to_v4().to_bytes();
    return bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xF0) == 16) ||
           (bytes[0] == 192 && bytes[1] == 168);
}

std::optional<Subnet> parse_subnet(const std::string& text)
{
    const auto slash = text.find('/');
    const auto address = address_of(text.substr(0, slash));
    if (!address) return std::nullopt;
    const unsigned full = address->is_v4() ? 32 : 128;
    const auto length = slash == std::string::npos
                            ? std::optional(full)
                            : parse_digits<unsigned>(std::string_view(text).substr(slash + 1));
    if (!length || *length > full) return std::nullopt;
    const auto bits = static_cast<unsigned short>(*length);
    const bool is_canonical =
        address->is_v4() ? ip::network_v4(address->to_v4(), bits).canonical().address() == address->to_v4()
                         : ip::network_v6(address->to_v6(), bits).canonical().address() == address->to_v6();
    if (!is_canonical) return std::nullopt;
    return Subnet{address->to_string(), *length};
}

std::string text_of(const Subnet& subnet)
{
    return subnet.address + "/" + std::to_string(subnet.prefix_length);
}

} // namespace net
