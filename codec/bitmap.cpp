#include "codec/bitmap.hpp"

#include "codec/coding.hpp"
#include "codec/digits.hpp"

#include <algorithm>
#include <cstring>

namespace codec {

namespace {

constexpr std::uint64_t another_follows = 1; // bit 1 of its word

std::size_t bytes_of_bits(BitmapForm form, int bits)
{
    return static_cast<std::size_t>(form == BitmapForm::binary ? bits / 8 : bits / 4);
}

/// On the wire bit 1 is the most significant bit of the first byte (DOMAIN 1.2), in a word the least
/// significant one: each byte is turned round. The way back is the same.
std::uint64_t with_bytes_turned(std::uint64_t word)
{
    word = (word >> 4 & 0x0F * each_byte) | (word & 0x0F * each_byte) << 4;
    word = (word >> 2 & 0x33 * each_byte) | (word & 0x33 * each_byte) << 2;
    return (word >> 1 & 0x55 * each_byte) | (word & 0x55 * each_byte) << 1;
}

int nibble_of_digit(BitmapForm form, std::uint8_t digit)
{
    return form == BitmapForm::hex ? nibble_of_hex_digit(digit) : nibble_of_ebcdic_hex_digit(digit);
}

/// Sixteen hex digits at once, the usual bitmap.
bool read_sixteen_digits(const std::uint8_t* wire, std::uint64_t& bytes)
{
    std::uint32_t front = 0;
    std::uint32_t back = 0;
    const bool is_good = read_hex_digits(load<std::uint64_t>(wire), front) &&
                         read_hex_digits(load<std::uint64_t>(wire + 8), back);
    bytes = std::uint64_t{back} << 32 | front;
    return is_good;
}

/// Reads up to 64 bits from the front of `wire`, which has them all.
/// returns  the position of a byte that is no hex digit
std::optional<std::size_t> read_word(BitmapForm form, int bits, const std::uint8_t* wire, std::uint64_t& word)
{
    const std::size_t size = bytes_of_bits(form, bits);
    std::uint64_t bytes = 0;
    if (form == BitmapForm::binary && bits == 64) { // the usual size without a call
        bytes = load<std::uint64_t>(wire);
    } else if (form == BitmapForm::binary) {
        std::memcpy(&bytes, wire, size);
    } else if (form != BitmapForm::hex || bits != 64 || !read_sixteen_digits(wire, bytes)) {
        bytes = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const int nibble = nibble_of_digit(form, wire[i]);
            if (nibble < 0) return i;
            bytes |= static_cast<std::uint64_t>(nibble) << (i % 2 == 0 ? 4 * i + 4 : 4 * i - 4);
        }
    }
    word = with_bytes_turned(bytes);
    return std::nullopt;
}

void write_word(BitmapForm form, int bits, std::uint64_t word, std::uint8_t* out)
{
    const std::uint64_t bytes = with_bytes_turned(word);
    const std::size_t size = bytes_of_bits(form, bits);
    if (form == BitmapForm::binary && bits == 64) return store(out, bytes);
    if (form == BitmapForm::binary) {
        std::memcpy(out, &bytes, size);
        return;
    }
    if (form == BitmapForm::hex && bits == 64) {
        store(out, hex_digits_of(split_nibbles(static_cast<std::uint32_t>(bytes))));
        store(out + 8, hex_digits_of(split_nibbles(static_cast<std::uint32_t>(bytes >> 32))));
        return;
    }
    for (std::size_t i = 0; i < size; ++i) {
        const auto nibble = static_cast<unsigned>(bytes >> (i % 2 == 0 ? 4 * i + 4 : 4 * i - 4));
        out[i] = form == BitmapForm::hex ? hex_digit_of_nibble(nibble) : ebcdic_hex_digit_of_nibble(nibble);
    }
}

/// Whether the word behind word `index` is there. Forgets the bit that said so.
bool takes_another(const BitmapRule& rule, std::size_t index, std::uint64_t& word)
{
    if (index == 0 && rule.count_max >= 2) {
        const bool is_announced = (word & another_follows) != 0;
        const bool must_be_clear = rule.always_two && rule.first_bit == FirstBit::clear;
        if (!must_be_clear) word &= ~another_follows;
        return rule.always_two || is_announced;
    }
    if (index != 1 || rule.count_max < 3) return false;
    const bool is_announced = (word & another_follows) != 0;
    word &= ~another_follows;
    return is_announced;
}

bool says_so(FirstBit bit, bool is_needed)
{
    return bit == FirstBit::set || (bit == FirstBit::announces && is_needed);
}

} // namespace

Result<ReadBitmap> read_bitmap(const BitmapRule& rule, std::span<const std::uint8_t> wire)
{
    const std::size_t word_size = bytes_of_bits(rule.form, 64);
    Bitmap::Words words{};
    std::size_t size = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (wire.size() - size < word_size) return Error{Errc::truncated, 1, size};
        if (const auto bad = read_word(rule.form, 64, wire.data() + size, words[i]))
            return Error{Errc::bad_bitmap, 1, size + *bad};
        size += word_size;
        if (!takes_another(rule, i, words[i])) break;
    }
    // Bit 1 is no element: where it may not announce anything it must be clear.
    if ((words[0] & another_follows) != 0) return Error{Errc::bad_bitmap, 1, 0};
    return ReadBitmap{Bitmap(words), size};
}

std::size_t write_bitmap(const BitmapRule& rule, const Bitmap& bitmap, std::span<std::uint8_t> out)
{
    Bitmap::Words words = bitmap.words();
    const std::size_t count = words[2] != 0 ? 3 : words[1] != 0 || rule.always_two ? 2 : 1;
    const std::size_t word_size = bytes_of_bits(rule.form, 64);
    if (out.size() < count * word_size) return 0;

    const bool is_needed = words[1] != 0 || words[2] != 0;
    if (rule.always_two ? says_so(rule.first_bit, is_needed) : is_needed) words[0] |= another_follows;
    if (count == 3) words[1] |= another_follows;
    for (std::size_t i = 0; i < count; ++i) write_word(rule.form, 64, words[i], out.data() + i * word_size);
    return count * word_size;
}

Result<ReadBitmap> read_plain_bitmap(BitmapForm form, int bits, std::span<const std::uint8_t> wire)
{
    const std::size_t size = bytes_of_bits(form, bits);
    if (wire.size() < size) return Error{Errc::truncated, 1, wire.size()};
    Bitmap::Words words{};
    std::size_t at = 0;
    for (std::size_t i = 0; at < size; ++i) {
        const int word_bits = std::min(64, bits - 64 * static_cast<int>(i));
        if (const auto bad = read_word(form, word_bits, wire.data() + at, words[i]))
            return Error{Errc::bad_bitmap, 1, at + *bad};
        at += bytes_of_bits(form, word_bits);
    }
    return ReadBitmap{Bitmap(words), size};
}

std::size_t write_plain_bitmap(BitmapForm form, int bits, const Bitmap& bitmap, std::span<std::uint8_t> out)
{
    const std::size_t size = bytes_of_bits(form, bits);
    if (out.size() < size) return 0;
    std::size_t at = 0;
    for (std::size_t i = 0; at < size; ++i) {
        const int word_bits = std::min(64, bits - 64 * static_cast<int>(i));
        write_word(form, word_bits, bitmap.words()[i], out.data() + at);
        at += bytes_of_bits(form, word_bits);
    }
    return size;
}

} // namespace codec
