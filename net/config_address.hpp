#pragma once

#include "net/link_config.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace net {

/// "127.0.0.1:5000", "[::1]:5000", "host.example:5000"; nothing when it is not of that form.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);
[[nodiscard]] std::string text_of(const Endpoint& endpoint);
/// The same, and one text for all spellings of an address.
[[nodiscard]] std::string plain_text_of(const Endpoint& endpoint);

[[nodiscard]] bool is_address(const std::string& host);
/// Of a name only "localhost" is: what others mean is not known before they are asked.
[[nodiscard]] bool is_loopback(const std::string& host);
/// Loopback, or of a network that is not routed on the internet (RFC 1918, RFC 4193).
[[nodiscard]] bool is_private(const std::string& host);

/// "10.20.0.0/16", "2001:db8::/32", "10.20.0.7"; nothing when it is no network, or when its address has bits
/// behind its prefix.
[[nodiscard]] std::optional<Subnet> parse_subnet(const std::string& text);
[[nodiscard]] std::string text_of(const Subnet& subnet);

} // namespace net
