#include "store/array_literal.hpp"

#include <algorithm>
#include <charconv>

namespace store {

namespace {

constexpr char digits[] = "0123456789abcdef";

int value_of(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

void append_hex(std::string& text, const std::array<std::uint8_t, 16>& bytes)
{
    char out[32];
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        out[2 * i] = digits[bytes[i] >> 4U];
        out[2 * i + 1] = digits[bytes[i] & 15U];
    }
    text.append(out, sizeof out);
}

} // namespace

bool is_plain(std::string_view bytes)
{
    return std::ranges::all_of(bytes, [](char c) { return c > 0 && c < 0x7f; });
}

void ArrayLiteral::add(std::int64_t number)
{
    next();
    char out[24];
    const auto end = std::to_chars(out, out + sizeof out, number).ptr;
    text_.append(out, end);
}

void ArrayLiteral::add(std::string_view text)
{
    next();
    text_ += '"';
    if (is_plain(text) && text.find_first_of("\"\\") == std::string_view::npos) {
        text_ += text;
    } else {
        for (const char c : to_column(text)) {
            if (c == '"' || c == '\\') text_ += '\\';
            text_ += c;
        }
    }
    text_ += '"';
}

void ArrayLiteral::add_null()
{
    next();
    text_ += "NULL";
}

void ArrayLiteral::add_hex(const std::array<std::uint8_t, 16>& bytes)
{
    next();
    append_hex(text_, bytes);
}

std::string hex(const std::array<std::uint8_t, 16>& bytes)
{
    std::string text;
    append_hex(text, bytes);
    return text;
}

std::optional<std::array<std::uint8_t, 16>> bytes_of_hex(std::string_view text)
{
    std::array<std::uint8_t, 16> bytes{};
    std::size_t nibbles = 0;
    for (const char c : text) {
        if (c == '-') continue;
        const int value = value_of(c);
        if (value < 0 || nibbles == 32) return std::nullopt;
        auto& byte = bytes[nibbles++ / 2];
        byte = static_cast<std::uint8_t>(byte << 4U | static_cast<unsigned>(value));
    }
    if (nibbles != 32) return std::nullopt;
    return bytes;
}

std::string to_column(std::string_view bytes)
{
    if (is_plain(bytes)) return std::string(bytes);
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const unsigned code = byte == 0 ? 0x100U : byte;
        if (code < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xc0U | code >> 6U);
            text += static_cast<char>(0x80U | (code & 0x3fU));
        }
    }
    return text;
}

std::string from_column(std::string_view text)
{
    if (is_plain(text)) return std::string(text);
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead < 0x80 || i + 1 == text.size()) {
            bytes += text[i];
            continue;
        }
        const auto trail = static_cast<unsigned char>(text[++i]);
        bytes += static_cast<char>(((lead & 0x1fU) << 6U | (trail & 0x3fU)) & 0xffU);
    }
    return bytes;
}

} // namespace store
