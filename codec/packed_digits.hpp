#pragma once

#include "codec/field_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

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

/// All bytes lie between `zero` ('0', or 0xF0 in EBCDIC) and nine above it.
[[nodiscard]] bool are_digits(std::span<const std::uint8_t> bytes, std::uint8_t zero);

/// No nibble is above 9.
[[nodiscard]] bool are_packed_digits(std::span<const std::uint8_t> packed);

/// Writes nibbles first, first + 1, ... of `packed` as hex digits ('0'..'9', 'A'..'F').
void unpack_nibbles(std::span<const std::uint8_t> packed, std::size_t first, std::span<char> digits);

/// Packs hex digits, '=' as D; an odd number is padded. Writes (digits.size() + 1) / 2 bytes.
void pack_nibbles(std::string_view digits, Pad pad, std::uint8_t* out);

} // namespace codec
