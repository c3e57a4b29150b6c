#pragma once

#include "codec/error.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

namespace codec {

enum class BitmapForm : std::uint8_t { binary, hex, ebcdic_hex };

/// What bit 1 says where two bitmaps are always there.
enum class FirstBit : std::uint8_t {
    set,       ///< always set
    announces, ///< set when the second bitmap has a bit
    clear,     ///< never set
};

/// How a dialect writes its bitmaps.
struct BitmapRule {
    BitmapForm form = BitmapForm::hex;
    /// The secondary bitmap is always there, whatever bit 1 says; otherwise bit 1 announces it.
    bool always_two = false;
    FirstBit first_bit =
        FirstBit::set; ///< as written with always_two; any is read, except that `clear` means clear
    /// 1..3: where 3, bit 65 announces a third bitmap for 129..192, right behind the second; otherwise bit 65
    /// is an element that the dialect may define.
    std::uint8_t count_max = 2;

    friend bool operator==(const BitmapRule&, const BitmapRule&) = default;
};

/// Which elements a message holds: three times 64 bits. Bits that announce another bitmap (1, and 65 where a
/// third one may follow) are never in it.
class Bitmap {
public:
    using Words = std::array<std::uint64_t, 3>;

    Bitmap() = default;
    explicit Bitmap(Words words) : words_(words) {}

    [[nodiscard]] bool has(int bit) const { return (words_[word_of(bit)] & mask_of(bit)) != 0; }
    void set(int bit) { words_[word_of(bit)] |= mask_of(bit); }
    void clear(int bit) { words_[word_of(bit)] &= ~mask_of(bit); }

    /// Clears `bit` and all above it.
    void clear_from(int bit)
    {
        const std::size_t word = word_of(bit);
        words_[word] &= mask_of(bit) - 1;
        for (std::size_t i = word + 1; i < words_.size(); ++i) words_[i] = 0;
    }

    /// Every bit of this one is set in `other`, too.
    [[nodiscard]] bool is_within(const Bitmap& other) const
    {
        return ((words_[0] & ~other.words_[0]) | (words_[1] & ~other.words_[1]) |
                (words_[2] & ~other.words_[2])) == 0;
    }

    /// The lowest set bit above `bit`; 0 when there is none.
    [[nodiscard]] int next_after(int bit) const
    {
        std::size_t word = static_cast<std::size_t>(bit) / 64;
        if (word >= words_.size()) return 0;
        std::uint64_t rest = words_[word] & (~std::uint64_t{0} << (bit % 64));
        while (rest == 0) {
            if (++word == words_.size()) return 0;
            rest = words_[word];
        }
        return static_cast<int>(word) * 64 + std::countr_zero(rest) + 1;
    }

    /// `for (const int bit : bitmap)`: the set bits, ascending.
    class Iterator {
    public:
        explicit Iterator(const Words& words) : rest_(words[0]), second_(words[1]), third_(words[2])
        {
            skip_empty_words();
        }

        int operator*() const { return base_ + std::countr_zero(rest_); }
        Iterator& operator++()
        {
            rest_ &= rest_ - 1;
            skip_empty_words();
            return *this;
        }
        bool operator==(std::default_sentinel_t) const { return rest_ == 0; }

    private:
        void skip_empty_words()
        {
            while (rest_ == 0 && (second_ | third_) != 0) {
                rest_ = second_;
                second_ = third_;
                third_ = 0;
                base_ += 64;
            }
        }

        // A copy, since the bitmap may change under the loop; three numbers stay in registers, an array
        // does not.
        std::uint64_t rest_;
        std::uint64_t second_;
        std::uint64_t third_;
        int base_ = 1; ///< the lowest bit of rest_
    };
    [[nodiscard]] Iterator begin() const { return Iterator(words_); }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }

    /// Bit 1 of each word is its least significant bit.
    [[nodiscard]] const Words& words() const { return words_; }

    friend bool operator==(const Bitmap&, const Bitmap&) = default;

private:
    static std::size_t word_of(int bit) { return static_cast<std::size_t>(bit - 1) / 64; }
    static std::uint64_t mask_of(int bit) { return std::uint64_t{1} << ((bit - 1) % 64); }

    Words words_{};
};

struct ReadBitmap {
    Bitmap bitmap;
    std::size_t size = 0; ///< bytes
};

/// Reads one to three bitmaps from the front of `wire`. Hex digits may be of either case. An announced bitmap
/// without any bit is accepted.
/// returns  truncated or bad_bitmap; offsets count from the front of `wire`
[[nodiscard]] Result<ReadBitmap> read_bitmap(const BitmapRule& rule, std::span<const std::uint8_t> wire);

/// Writes to the front of `out`, with a second and third bitmap only where the rule or a bit asks for it; hex
/// digits are upper case.
/// returns  the bytes written; 0 when `out` is too short. Bits above what the rule allows are an error of the
///          caller's
[[nodiscard]] std::size_t write_bitmap(const BitmapRule& rule, const Bitmap& bitmap,
                                       std::span<std::uint8_t> out);

/// The same for a bitmap without announcements, of `bits` bits (a multiple of 8, at most 192): the bitmap of
/// a structure.
[[nodiscard]] Result<ReadBitmap> read_plain_bitmap(BitmapForm form, int bits,
                                                   std::span<const std::uint8_t> wire);
[[nodiscard]] std::size_t write_plain_bitmap(BitmapForm form, int bits, const Bitmap& bitmap,
                                             std::span<std::uint8_t> out);

} // namespace codec
