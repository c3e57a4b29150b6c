#include "codec/packed_digits.hpp"

#include <array>
#include <cstring>

namespace codec {

namespace {

// Eight bytes are looked at together, as one number: digits are checked, split and joined without a loop over
// them. Only the order of bytes in memory counts, which the comments call front and back.

constexpr std::uint64_t each_byte = 0x0101010101010101;

template <class Word> Word load(const std::uint8_t* bytes)
{
    Word word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

/// Runs `is_good` over all bytes, eight at a time; the last eight may overlap those before. Of fewer than
/// eight bytes the front and back half overlap.
template <class IsGood> bool all_words(std::span<const std::uint8_t> bytes, IsGood is_good)
{
    const std::uint8_t* const begin = bytes.data();
    const std::size_t size = bytes.size();
    if (size >= 8) {
        bool good = is_good(load<std::uint64_t>(begin + size - 8));
        for (std::size_t i = 0; i + 8 < size; i += 8) good &= is_good(load<std::uint64_t>(begin + i));
        return good;
    }
    if (size >= 4) {
        const std::uint64_t front = load<std::uint32_t>(begin);
        const std::uint64_t back = load<std::uint32_t>(begin + size - 4);
        return is_good(front << 32 | back);
    }
    if (size == 0) return true;
    // One to three bytes: the middle one is the first or the last, too, unless there are three.
    const std::uint64_t three =
        std::uint64_t{begin[0]} | std::uint64_t{begin[size / 2]} << 8 | std::uint64_t{begin[size - 1]} << 16;
    return is_good(three | three << 24 | std::uint64_t{begin[0]} << 48 | std::uint64_t{begin[0]} << 56);
}

constexpr std::array<std::uint8_t, 256> nibble_of_character = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<std::uint8_t>(i);
    for (unsigned i = 0; i < 6; ++i) table['A' + i] = table['a' + i] = static_cast<std::uint8_t>(10 + i);
    table['='] = packed_separator;
    return table;
}();

constexpr std::array<std::array<char, 2>, 256> characters_of_byte = [] {
    std::array<std::array<char, 2>, 256> table{};
    for (std::size_t i = 0; i < 256; ++i)
        table[i] = {"0123456789ABCDEF"[i >> 4], "0123456789ABCDEF"[i & 0xF]};
    return table;
}();

std::uint8_t packed(char high, char low)
{
    return static_cast<std::uint8_t>(nibble_of_character[static_cast<std::uint8_t>(high)] << 4 |
                                     nibble_of_character[static_cast<std::uint8_t>(low)]);
}

} // namespace

bool are_digits(std::span<const std::uint8_t> bytes, std::uint8_t zero)
{
    // Seen against `zero` a digit is 0..9: adding 6 leaves its high nibble clear.
    const std::uint64_t zeros = zero * each_byte;
    return all_words(bytes, [=](std::uint64_t word) {
        const std::uint64_t digits = word ^ zeros;
        return ((digits | (digits + 6 * each_byte)) & 0xF0 * each_byte) == 0;
    });
}

bool are_packed_digits(std::span<const std::uint8_t> packed)
{
    // Above 9: bit 3 and one of bits 2 and 1.
    return all_words(
        packed, [](std::uint64_t word) { return (word & (word << 1 | word << 2) & 0x88 * each_byte) == 0; });
}

void unpack_nibbles(std::span<const std::uint8_t> packed, std::size_t first, std::span<char> digits)
{
    char* out = digits.data();
    char* const end = out + digits.size();
    const std::uint8_t* from = packed.data() + first / 2;
    if (first % 2 == 1 && out != end) *out++ = characters_of_byte[*from++][1];
    for (; end - out >= 2; out += 2) std::memcpy(out, characters_of_byte[*from++].data(), 2);
    if (out != end) *out = characters_of_byte[*from][0];
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
