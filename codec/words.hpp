#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace codec {

static_assert(std::endian::native == std::endian::little, "words are read as little-endian numbers");

template <class Word> [[nodiscard]] inline Word load(const void* bytes)
{
    Word word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}
template <class Word> inline void store(void* bytes, Word word)
{
    std::memcpy(bytes, &word, sizeof word);
}

/// Copies few bytes without a call: two halves that overlap.
[[gnu::always_inline]] inline void copy_bytes(const void* from, std::size_t size, void* to)
{
    const auto* const source = static_cast<const std::uint8_t*>(from);
    auto* const target = static_cast<std::uint8_t*>(to);
    const auto copy = [&]<class Word>(Word) {
        const auto back = load<Word>(source + size - sizeof(Word));
        store(target, load<Word>(source));
        store(target + size - sizeof(Word), back);
    };
    using Words = std::array<std::uint64_t, 2>;
    if (size > 32) {
        std::memcpy(target, source, size);
    } else if (size >= 16) {
        copy(Words{});
    } else if (size >= 8) {
        copy(std::uint64_t{});
    } else if (size >= 4) {
        copy(std::uint32_t{});
    } else if (size >= 2) {
        copy(std::uint16_t{});
    } else if (size == 1) {
        *target = *source;
    }
}

} // namespace codec
