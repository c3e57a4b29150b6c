#include "codec/digits.hpp"

namespace codec {

namespace {

constexpr std::array<std::uint8_t, 256> nibble_of_character = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<std::uint8_t>(i);
    for (unsigned i = 0; i < 6; ++i) table['A' + i] = table['a' + i] = static_cast<std::uint8_t>(10 + i);
    table['='] = packed_separator;
    return table;
}();

std::uint8_t packed(char high, char low)
{
    return static_cast<std::uint8_t>(nibble_of_character[static_cast<std::uint8_t>(high)] << 4 |
                                     nibble_of_character[static_cast<std::uint8_t>(low)]);
}

char hex_digit(unsigned nibble)
{
    return "0123456789ABCDEF"[nibble & 0xFU];
}

} // namespace

void unpack_nibbles(std::span<const std::uint8_t> packed, std::size_t first, std::span<char> digits)
{
    char* out = digits.data();
    char* const end = out + digits.size();
    const std::uint8_t* from = packed.data() + first / 2;
    if (first % 2 == 1 && out != end) *out++ = hex_digit(*from++);
    for (; end - out >= 8; out += 8, from += 4)
        store(out, hex_digits_of(split_nibbles(load<std::uint32_t>(from))));
    if (end - out >= 4) {
        store(out, static_cast<std::uint32_t>(hex_digits_of(split_nibbles(load<std::uint16_t>(from)))));
        out += 4, from += 2;
    }
    if (end - out >= 2) {
        store(out, static_cast<std::uint16_t>(hex_digits_of(split_nibbles(*from++))));
        out += 2;
    }
    if (out != end) *out = hex_digit(*from >> 4U);
}

void pack_nibbles(std::string_view digits, Pad pad, std::uint8_t* out)
{
    const char* from = digits.data();
    const char* const end = from + digits.size();
    const char fill = pad_value(pad) == 0 ? '0' : 'F';
    const bool is_odd = digits.size() % 2 == 1;
    if (is_odd && pad_is_left(pad)) *out++ = packed(fill, *from++);
    for (; end - from >= 2; from += 2) *out++ = packed(from[0], from[1]);
    if (from != end) *out = packed(*from, fill);
}

} // namespace codec
