#include "codec/hex.hpp"

#include "codec/coding.hpp"

namespace codec {

std::string hex_of(std::string_view bytes)
{
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        text += static_cast<char>(hex_digit_of_nibble(byte >> 4));
        text += static_cast<char>(hex_digit_of_nibble(byte));
    }
    return text;
}

std::optional<std::string> bytes_of_hex(std::string_view hex)
{
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = nibble_of_hex_digit(static_cast<std::uint8_t>(hex[i]));
        const int low = nibble_of_hex_digit(static_cast<std::uint8_t>(hex[i + 1]));
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high << 4 | low);
    }
    return bytes;
}

} // namespace codec
