#pragma once

#include "net/config.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

/// A good configuration, and ways to break one thing in it.
namespace config_text {

inline const std::string good = R"([store]
url = "postgresql:///tollgate"
[cards]
token_key_file = "token.key"
bins = ["400000", "999999"]
[[link]]
name = "acq-a"
listen = "127.0.0.1:5000"
network = "net-a"
dialect = "iso87-ascii"
profile = "iso-single-message"
network_timeout = "5s"
)";

inline std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

/// `good` with one text in it replaced.
inline std::string with(const std::string& from, const std::string& to)
{
    return replaced(good, from, to);
}

/// Behind a link.
inline const std::string tls = R"([link.tls]
certificate_file = "a.crt"
private_key_file = "a.key"
ca_file = "ca.pem"
peer_names = ["acq-a.example"]
)";

/// `good` with a link that dials.
inline std::string dialling(const std::string& more)
{
    return with("listen = \"127.0.0.1:5000\"", "role = \"connect\"\nconnect = [\"127.0.0.1:9\"]") + more;
}

inline net::ConfigResult parse(const std::string& text, std::vector<std::string> settings = {},
                               std::vector<std::string> environment = {})
{
    return net::parse_config(
        {{{"/etc/tollgate/fe.toml", text}}, std::move(environment), std::move(settings)});
}

inline std::string all_of(const std::vector<std::string>& lines)
{
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
}

/// throws   doctest's failure with what is wrong
inline net::Config config_of(const std::string& text, std::vector<std::string> settings = {},
                             std::vector<std::string> environment = {})
{
    const auto result = parse(text, std::move(settings), std::move(environment));
    REQUIRE_MESSAGE(result.config, all_of(result.errors));
    return *result.config;
}

} // namespace config_text
