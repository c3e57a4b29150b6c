#include "net/capture_text.hpp"

#include "codec/utf8.hpp"

#include <algorithm>

namespace net {

namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

constexpr auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; };
constexpr auto is_plain_or_high = [](char c) { return is_plain(c) || static_cast<std::uint8_t>(c) >= 0x80; };

void append_escaped(std::string& out, std::uint8_t byte)
{
    if (byte == '"' || byte == '\\') {
        out += '\\';
        out += static_cast<char>(byte);
    } else if (byte < 0x20 || byte == 0x7F) {
        out += "\\u00";
        out += hex_digits[byte >> 4];
        out += hex_digits[byte & 0xFU];
    } else { // UTF-8 of U+0080 to U+00FF
        out += static_cast<char>(0xC0 | byte >> 6);
        out += static_cast<char>(0x80 | (byte & 0x3F));
    }
}

void append_text(std::string& out, std::string_view bytes, auto may_stay)
{
    auto begin = bytes.begin();
    while (begin != bytes.end()) {
        const auto end = std::find_if_not(begin, bytes.end(), may_stay);
        out.append(begin, end);
        begin = end;
        if (begin != bytes.end()) append_escaped(out, static_cast<std::uint8_t>(*begin++));
    }
}

} // namespace

void append_hex(std::string& out, std::string_view bytes)
{
    const std::size_t begin = out.size();
    out.resize(begin + 2 * bytes.size());
    char* digit = out.data() + begin;
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        *digit++ = hex_digits[byte >> 4];
        *digit++ = hex_digits[byte & 0xFU];
    }
}

void append_json_text(std::string& out, std::string_view bytes)
{
    append_text(out, bytes, is_plain);
}

void append_json_name(std::string& out, std::string_view name)
{
    if (codec::is_utf8(name))
        append_text(out, name, is_plain_or_high);
    else
        append_text(out, name, is_plain);
}

} // namespace net
