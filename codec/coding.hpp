#pragma once

#include "codec/field_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// One run of characters in ASCII, EBCDIC, packed digits, hex text or raw bytes. What stands around it (count,
// fill) is a matter of codec/field.hpp.

namespace codec {

/// 0..15; -1 when the byte is no hex digit. Both cases are read.
[[nodiscard]] int nibble_of_hex_digit(std::uint8_t digit);
/// '0'..'9', 'A'..'F'.
[[nodiscard]] std::uint8_t hex_digit_of_nibble(unsigned nibble);
/// The same in EBCDIC; the digits and A..F are the same in all code pages.
[[nodiscard]] int nibble_of_ebcdic_hex_digit(std::uint8_t digit);
[[nodiscard]] std::uint8_t ebcdic_hex_digit_of_nibble(unsigned nibble);

/// Looks only for what would do harm: digits of a number, the sign of an amount, the characters of a track,
/// hex digits, pad nibbles that are not what the row says. Letters and text are bytes of whatever code page
/// the sender has (DOMAIN 1.3, 2.2: do not validate what we do not use).
/// wire     the field's bytes behind its count
/// returns  the position of the first wrong byte in `wire`
[[nodiscard]] std::optional<std::size_t>
find_bad_byte(const FieldSpec& spec, std::span<const std::uint8_t> wire, std::size_t value_size);

/// True when the value stands on the wire as it is, so that it need not be unpacked.
[[nodiscard]] bool is_plain(Coding coding);

/// Unpacks bytes in which find_bad_byte() finds nothing. value: value_size characters.
void unpack(const FieldSpec& spec, std::span<const std::uint8_t> wire, std::span<char> value);

/// What find_bad_byte() looks for, in a value that is to be written.
[[nodiscard]] bool is_writable(FieldKind kind, std::string_view value);

/// Writes a value that is_writable() to wire_size_of() bytes at `out`.
void write_value(const FieldSpec& spec, std::string_view value, std::uint8_t* out);

} // namespace codec
