#pragma once

#include "codec/field_spec.hpp"
#include "codec/words.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Digits are looked at eight bytes at a time, as one number: checked, split and joined without a loop over
// them.

namespace codec {

/// The separator of track data is one character with two spellings: '=' or 'D' as text, nibble D when packed.
inline constexpr unsigned packed_separator = 0xD;

[[nodiscard]] inline bool pad_is_left(Pad pad)
{
    return pad == Pad::left_0 || pad == Pad::left_f;
}
[[nodiscard]] inline unsigned pad_value(Pad pad)
{
    return pad == Pad::left_f || pad == Pad::right_f ? 0xF : 0;
}

/// Nibble i of packed bytes, the high nibble of the first byte being nibble 0.
[[nodiscard]] inline unsigned nibble_at(std::span<const std::uint8_t> packed, std::size_t i)
{
    return i % 2 == 0 ? packed[i / 2] >> 4U : packed[i / 2] & 0xFU;
}

/// The nibble that an odd number of digits leaves over. `packed` is not empty.
[[nodiscard]] inline unsigned pad_nibble_in(std::span<const std::uint8_t> packed, Pad pad)
{
    return pad_is_left(pad) ? packed.front() >> 4U : packed.back() & 0xFU;
}

[[nodiscard]] inline std::span<const std::uint8_t> as_bytes(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The same number in each byte of a word.
inline constexpr std::uint64_t each_byte = 0x0101010101010101;

/// Looks for a wrong byte, eight bytes at a time; the last eight may overlap those before. Of fewer than
/// eight bytes the front and back half overlap, and every byte of the word is one of them.
/// wrong_in     gives a word that is not zero when a byte of its argument is wrong
template <class WrongIn>
[[nodiscard]] inline bool no_word_is_wrong(std::span<const std::uint8_t> bytes, WrongIn wrong_in)
{
    const std::uint8_t* const begin = bytes.data();
    const std::size_t size = bytes.size();
    if (size >= 8) {
        std::uint64_t wrong = wrong_in(load<std::uint64_t>(begin + size - 8));
        for (std::size_t i = 0; i + 8 < size; i += 8) wrong |= wrong_in(load<std::uint64_t>(begin + i));
        return wrong == 0;
    }
    if (size >= 4) {
        const std::uint64_t front = load<std::uint32_t>(begin);
        const std::uint64_t back = load<std::uint32_t>(begin + size - 4);
        return wrong_in(front << 32 | back) == 0;
    }
    if (size >= 2) {
        const std::uint64_t front = load<std::uint16_t>(begin);
        const std::uint64_t back = load<std::uint16_t>(begin + size - 2);
        const std::uint64_t four = front << 16 | back;
        return wrong_in(four << 32 | four) == 0;
    }
    return size == 0 || wrong_in(begin[0] * each_byte) == 0;
}

/// So many bytes behind the first must be readable for what says so.
inline constexpr std::size_t word_slack = 8;

/// Not zero when a byte is not between `zero` and nine above it.
struct WrongDigitIn {
    std::uint8_t zero = '0';

    std::uint64_t operator()(std::uint64_t word) const
    {
        // Seen against `zero` a digit is 0..9: adding 6 leaves its high nibble clear.
        const std::uint64_t digits = word ^ zero * each_byte;
        return (digits | (digits + 6 * each_byte)) & 0xF0 * each_byte;
    }
};

/// Not zero when a nibble is above 9: bit 3 and one of bits 2 and 1.
struct WrongNibbleIn {
    std::uint64_t operator()(std::uint64_t word) const
    {
        return word & (word << 1 | word << 2) & 0x88 * each_byte;
    }
};

/// All bytes lie between `zero` ('0', or 0xF0 in EBCDIC) and nine above it.
[[nodiscard]] inline bool are_digits(std::span<const std::uint8_t> bytes, std::uint8_t zero)
{
    return no_word_is_wrong(bytes, WrongDigitIn{zero});
}

/// No nibble is above 9.
[[nodiscard]] inline bool are_packed_digits(std::span<const std::uint8_t> packed)
{
    return no_word_is_wrong(packed, WrongNibbleIn{});
}

/// Joins the low nibbles of eight bytes, the first byte's in front: "12345678" gives bytes 12 34 56 78.
[[nodiscard]] inline std::uint32_t joined_nibbles(std::uint64_t eight)
{
    eight &= 0x0F * each_byte;
    eight = (eight << 4 | eight >> 8) & 0x00FF00FF00FF00FF;
    eight = (eight | eight >> 8) & 0x0000FFFF0000FFFF;
    return static_cast<std::uint32_t>(eight | eight >> 16);
}

/// The opposite: a byte for each of eight nibbles.
[[nodiscard]] inline std::uint64_t split_nibbles(std::uint32_t four)
{
    std::uint64_t eight = four;
    eight = (eight | eight << 16) & 0x0000FFFF0000FFFF;
    eight = (eight | eight << 8) & 0x00FF00FF00FF00FF;
    return (eight >> 4 | eight << 8) & 0x0F * each_byte;
}

/// Nibbles, a byte each, as ASCII hex digits in upper case.
[[nodiscard]] inline std::uint64_t hex_digits_of(std::uint64_t nibbles)
{
    const std::uint64_t is_letter = (nibbles + 6 * each_byte) >> 4 & each_byte;
    return nibbles + '0' * each_byte + is_letter * ('A' - '0' - 10);
}

/// Eight ASCII hex digits of either case as their four bytes.
/// returns  false when one is none
[[nodiscard]] inline bool read_hex_digits(std::uint64_t digits, std::uint32_t& four)
{
    const std::uint64_t is_letter = digits >> 6 & each_byte;
    const std::uint64_t upper = digits & ~(is_letter << 5);
    const std::uint64_t nibbles = (upper & 0x0F * each_byte) + is_letter * 9;
    four = joined_nibbles(nibbles);
    // Letters beyond F give nibbles above 15, whose digits differ from what was read.
    return (nibbles & 0xF0 * each_byte) == 0 && hex_digits_of(nibbles) == upper;
}

/// Packs up to eight digits to the right end of four bytes, zero nibbles in front.
/// from     word_slack bytes are readable
/// wrong    gets bits when one is no digit
[[nodiscard]] inline std::uint32_t packed_digits(const char* from, std::size_t count, std::uint64_t& wrong)
{
    if (count == 0) return 0;
    const std::size_t missing = 64 - 8 * count;
    const std::uint64_t zeros_in_front = count == 8 ? 0 : '0' * each_byte >> 8 * count;
    const std::uint64_t digits = load<std::uint64_t>(from) << missing | zeros_in_front;
    wrong |= WrongDigitIn{}(digits);
    return joined_nibbles(digits);
}

/// Packs ASCII digits; an odd number of them gets a zero nibble in front.
/// digits   word_slack bytes behind the first are readable
/// out      room for (digits.size() + 1) / 2 + 3 bytes: up to three zero bytes are written behind the digits
/// returns  false when one is no digit; then what was written is of no use
[[nodiscard]] inline bool pack_digits(std::string_view digits, std::uint8_t* out)
{
    std::uint64_t wrong = 0;
    const char* from = digits.data();
    const std::size_t first = digits.size() % 8;
    const std::size_t size = (first + 1) / 2;
    store(out,
          static_cast<std::uint32_t>(std::uint64_t{packed_digits(from, first, wrong)} >> (32 - 8 * size)));
    from += first, out += size;
    for (const char* const end = digits.data() + digits.size(); from != end; from += 8, out += 4) {
        const auto eight = load<std::uint64_t>(from);
        wrong |= WrongDigitIn{}(eight);
        store(out, joined_nibbles(eight));
    }
    return wrong == 0;
}

/// Writes nibbles first, first + 1, ... of `packed` as hex digits ('0'..'9', 'A'..'F').
void unpack_nibbles(std::span<const std::uint8_t> packed, std::size_t first, std::span<char> digits);

/// Packs hex digits, '=' as D; an odd number is padded. Writes (digits.size() + 1) / 2 bytes.
void pack_nibbles(std::string_view digits, Pad pad, std::uint8_t* out);

} // namespace codec
