#pragma once

#include "codec/field_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace codec {

/// 0..15; -1 when the byte is no hex digit. Both cases are read.
[[nodiscard]] int nibble_of_hex_digit(std::uint8_t digit);
/// '0'..'9', 'A'..'F'.
[[nodiscard]] std::uint8_t hex_digit_of_nibble(unsigned nibble);

/// Bytes that a value takes on the wire, without its length prefix. value_size: characters; bytes for binary.
[[nodiscard]] std::size_t wire_size_of_value(const FieldSpec& spec, std::size_t value_size);

/// What the length prefix of such a value says: characters for text, digits for packed numbers (the pad
/// nibble does not count), bytes for binary, but characters when binary is written as hex text (as seen: 120
/// bytes, "240").
[[nodiscard]] std::size_t count_of_value(const FieldSpec& spec, std::size_t value_size);
/// The opposite; nothing when no value has this count (half a byte of hex text).
[[nodiscard]] std::optional<std::size_t> value_size_of_count(const FieldSpec& spec, std::size_t count);

/// Bytes of the length prefix: 0, 2, 3 as ASCII; 0, 1, 2 packed.
[[nodiscard]] std::size_t prefix_size(const FieldSpec& spec);
/// wire     exactly the prefix
/// returns  the count; nothing when it is not a decimal number
[[nodiscard]] std::optional<std::size_t> read_prefix(const FieldSpec& spec,
                                                     std::span<const std::uint8_t> wire);
void append_prefix(const FieldSpec& spec, std::size_t count, std::vector<std::uint8_t>& out);

/// True when the value stands on the wire as it is, so that it need not be unpacked.
[[nodiscard]] bool is_plain(Coding coding);

/// Looks only for what would do harm: digits of a number, the sign of an amount, the characters of a track.
/// Letters and text are bytes of whatever code page the sender has (DOMAIN 1.3, 2.2: do not validate what we
/// do not use). value    as the message holds it, unpacked returns  the position of the first character that
/// must not be there
[[nodiscard]] std::optional<std::size_t> find_bad_character(FieldKind kind, std::string_view value);

/// Unpacks a bcd or hex value. wire: exactly wire_size_of_value(spec, value.size()) bytes.
/// returns  the position in `wire` of the first wrong byte: a nibble above 9, a pad nibble that is not zero
[[nodiscard]] std::optional<std::size_t>
unpack_value(const FieldSpec& spec, std::span<const std::uint8_t> wire, std::span<char> value);

/// Appends a value that find_bad_character() accepts.
void append_value(const FieldSpec& spec, std::string_view value, std::vector<std::uint8_t>& out);

} // namespace codec
