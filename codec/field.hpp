#pragma once

#include "codec/error.hpp"
#include "codec/field_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// One field as its row says: its count, its value, what fills it up.

namespace codec {

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
/// field and may go on behind it.
/// returns  truncated, bad_length
[[nodiscard]] FieldResult<Extent> measure(const FieldSpec& spec, std::span<const std::uint8_t> wire);

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
