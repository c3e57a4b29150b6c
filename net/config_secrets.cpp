#include "net/config_secrets.hpp"

#include <algorithm>

namespace net {

namespace {

constexpr std::string_view stars = "***";

bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// "scheme://user:password@host": from the first colon to the last at-sign, however it is written.
std::string without_url_password(std::string text)
{
    const auto scheme = text.find("://");
    const auto at = text.rfind('@');
    if (scheme == std::string::npos || at == std::string::npos || at < scheme) return text;
    const auto colon = text.find(':', scheme + 3);
    if (colon < at) text.replace(colon + 1, at - colon - 1, stars);
    return text;
}

/// "password=..." and its like, as a word of a connection string or behind the question mark of a url. A
/// quoted one hides all that follows.
std::string without_password_words(std::string text)
{
    for (std::size_t at = text.find("pass"); at != std::string::npos; at = text.find("pass", at)) {
        const auto equals = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789%_ ", at);
        at += 4;
        if (equals == std::string::npos || text[equals] != '=') continue;
        const auto begin = text.find_first_not_of(' ', equals + 1);
        if (begin == std::string::npos) break;
        const bool is_quoted = text[begin] == '\'' || text[begin] == '"';
        const auto end = is_quoted ? text.size() : std::min(text.find_first_of("& ", begin), text.size());
        text.replace(begin, end - begin, stars);
        at = begin;
    }
    return text;
}

} // namespace

bool looks_like_key(std::string_view text)
{
    if (text.find("PRIVATE KEY") != std::string_view::npos) return true;
    if (text.starts_with("MII") && text.size() >= 100) return true; // the same without its first line
    return text.size() >= 32 && std::all_of(text.begin(), text.end(), is_hex);
}

std::string without_passwords(std::string_view text)
{
    const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    if (is_quoted) return "\"" + without_passwords(text.substr(1, text.size() - 2)) + "\"";
    return without_password_words(without_url_password(std::string(text)));
}

} // namespace net
