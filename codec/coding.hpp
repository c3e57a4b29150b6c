#pragma once

#include "codec/error.hpp"
#include "codec/field_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace codec {

/// 0..15; -1 when the byte is no hex digit. Both cases are read.
[[nodiscard]] int nibble_of_hex_digit(std::uint8_t digit);
/// '0'..'9', 'A'..'F'.
[[nodiscard]] std::uint8_t hex_digit_of_nibble(unsigned nibble);
/// The same in EBCDIC; the digits and A..F are the same in all code pages.
[[nodiscard]] int nibble_of_ebcdic_hex_digit(std::uint8_t digit);
[[nodiscard]] std::uint8_t ebcdic_hex_digit_of_nibble(unsigned nibble);

/// Where one field is wrong; offset in bytes from its first byte (its count, if it has one).
struct FieldError {
    Errc code = Errc::truncated;
    std::size_t offset = 0;
};
template <class T> using FieldResult = boost::system::result<T, FieldError>;

/// How a field lies on the wire.
struct Extent {
    std::size_t prefix = 0;     ///< bytes of the count
    std::size_t size = 0;       ///< bytes behind the count
    std::size_t value_size = 0; ///< characters of the value, fill included
};

/// Reads a field's count and compares it with the row's maximum and with what is left. `wire` starts with the
/// field and may go on behind it. returns  truncated, bad_length
[[nodiscard]] FieldResult<Extent> measure(const FieldSpec& spec, std::span<const std::uint8_t> wire);

/// Looks only for what would do harm: digits of a number, the sign of an amount, the characters of a track,
/// hex digits, pad nibbles that are not what the row says. Letters and text are bytes of whatever code page
/// the sender has (DOMAIN 1.3, 2.2: do not validate what we do not use). wire     the field's bytes behind
/// its count returns  the position of the first wrong byte in `wire`
[[nodiscard]] std::optional<std::size_t>
find_bad_byte(const FieldSpec& spec, std::span<const std::uint8_t> wire, std::size_t value_size);

/// True when the value stands on the wire as it is, so that it need not be unpacked.
[[nodiscard]] bool is_plain(Coding coding);

/// Unpacks bytes in which find_bad_byte() finds nothing. value: value_size characters.
void unpack(const FieldSpec& spec, std::span<const std::uint8_t> wire, std::span<char> value);

/// The value without its fill (FieldSpec::fill).
[[nodiscard]] std::string_view without_fill(const FieldSpec& spec, std::string_view value);

/// measure, find_bad_byte, unpack, without_fill in one: the convenient way where speed does not matter.
struct ReadField {
    Extent extent;
    std::string value;
};
[[nodiscard]] FieldResult<ReadField> read_field(const FieldSpec& spec, std::span<const std::uint8_t> wire);

/// Writes count and value to the front of `out`; fills a short fixed value.
/// returns  the bytes written; bad_character, wrong_size, too_large (`out` ends)
[[nodiscard]] FieldResult<std::size_t> write_field(const FieldSpec& spec, std::string_view value,
                                                   std::span<std::uint8_t> out);

} // namespace codec
