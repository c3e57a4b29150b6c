#include "codec/bitmap.hpp"

#include "codec/coding.hpp"

#include <bit>

namespace codec {

namespace {

constexpr std::uint64_t secondary_follows = std::uint64_t{1} << 63; // bit 1
constexpr std::size_t half_bytes = 8;

std::size_t wire_size_of_half(BitmapForm form)
{
    return form == BitmapForm::hex ? 2 * half_bytes : half_bytes;
}

/// Reads 64 bits from `wire`, which starts `offset` bytes into the bitmap.
Result<std::uint64_t> read_half(BitmapForm form, std::span<const std::uint8_t> wire, std::size_t offset)
{
    const std::size_t size = wire_size_of_half(form);
    if (wire.size() < offset + size) return Error{Errc::truncated, 1, offset};
    std::uint64_t half = 0;
    for (std::size_t i = offset; i < offset + size; ++i) {
        if (form == BitmapForm::binary) {
            half = half << 8 | wire[i];
            continue;
        }
        const int nibble = nibble_of_hex_digit(wire[i]);
        if (nibble < 0) return Error{Errc::bad_bitmap, 1, i};
        half = half << 4 | static_cast<std::uint64_t>(nibble);
    }
    return half;
}

void append_half(BitmapForm form, std::uint64_t half, std::vector<std::uint8_t>& out)
{
    const int step = form == BitmapForm::hex ? 4 : 8;
    for (int shift = 64 - step; shift >= 0; shift -= step) {
        const auto unit = static_cast<std::uint8_t>(half >> shift & ((1U << step) - 1));
        out.push_back(form == BitmapForm::hex ? hex_digit_of_nibble(unit) : unit);
    }
}

} // namespace

int Bitmap::next_after(int bit) const
{
    for (std::size_t word = static_cast<std::size_t>(bit) / 64; word < words_.size(); ++word) {
        const bool is_first = word == static_cast<std::size_t>(bit) / 64;
        const std::uint64_t rest = is_first ? words_[word] & ~std::uint64_t{0} >> (bit % 64) : words_[word];
        if (rest != 0) return static_cast<int>(word) * 64 + std::countl_zero(rest) + 1;
    }
    return 0;
}

Bitmap Bitmap::of_words(std::array<std::uint64_t, 2> words)
{
    Bitmap bitmap;
    bitmap.words_ = {words[0] & ~secondary_follows, words[1]};
    return bitmap;
}

Result<ReadBitmap> read_bitmap(BitmapForm form, std::span<const std::uint8_t> wire)
{
    const Result<std::uint64_t> primary = read_half(form, wire, 0);
    if (!primary) return primary.error();
    const std::size_t size = wire_size_of_half(form);
    if ((*primary & secondary_follows) == 0) return ReadBitmap{Bitmap::of_words({*primary, 0}), size};

    const Result<std::uint64_t> secondary = read_half(form, wire, size);
    if (!secondary) return secondary.error();
    return ReadBitmap{Bitmap::of_words({*primary, *secondary}), 2 * size};
}

void append_bitmap(BitmapForm form, const Bitmap& bitmap, std::vector<std::uint8_t>& out)
{
    const auto [primary, secondary] = bitmap.words();
    append_half(form, bitmap.has_secondary() ? primary | secondary_follows : primary, out);
    if (bitmap.has_secondary()) append_half(form, secondary, out);
}

} // namespace codec
