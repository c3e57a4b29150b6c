#pragma once

#include "codec/dialect.hpp"
#include "codec/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace codec {

/// Which elements a message holds: primary bitmap (1..64) and, when bit 1 is set, secondary bitmap (65..128).
/// The most significant bit of the first byte is bit 1 (DOMAIN 1.2).
class Bitmap {
public:
    Bitmap() = default;

    [[nodiscard]] bool has(int bit) const { return (words_[word_of(bit)] & mask_of(bit)) != 0; }
    void set(int bit) { words_[word_of(bit)] |= mask_of(bit); }

    /// The lowest set bit above `bit`; 0 when there is none.
    [[nodiscard]] int next_after(int bit) const;
    [[nodiscard]] bool has_secondary() const { return words_[1] != 0; }

    /// The two halves as numbers, primary first: bit 1 of the half is its most significant bit.
    [[nodiscard]] const std::array<std::uint64_t, 2>& words() const { return words_; }
    static Bitmap of_words(std::array<std::uint64_t, 2> words);

    friend bool operator==(const Bitmap&, const Bitmap&) = default;

private:
    static std::size_t word_of(int bit) { return static_cast<std::size_t>(bit - 1) / 64; }
    static std::uint64_t mask_of(int bit) { return std::uint64_t{1} << (63 - (bit - 1) % 64); }

    std::array<std::uint64_t, 2> words_{}; ///< bit 1 is never set
};

struct ReadBitmap {
    Bitmap bitmap; ///< bit 1 is not in it: whether a secondary bitmap stood there is no data
    std::size_t size = 0;
};

/// Reads one or two bitmaps from the front of `wire`. Hex digits may be of either case. A secondary bitmap
/// without any bit is accepted. returns  truncated or bad_bitmap; offsets count from the front of `wire`
[[nodiscard]] Result<ReadBitmap> read_bitmap(BitmapForm form, std::span<const std::uint8_t> wire);

/// Appends the bitmap, with a secondary one only if a bit of it is set; hex digits are upper case.
void append_bitmap(BitmapForm form, const Bitmap& bitmap, std::vector<std::uint8_t>& out);

} // namespace codec
