#pragma once

#include "codec/field_spec.hpp"

#include <cstddef>
#include <cstdint>

namespace codec {

[[nodiscard]] inline bool is_hex(Coding coding)
{
    return coding == Coding::hex || coding == Coding::ebcdic_hex;
}

[[nodiscard]] inline bool is_ebcdic(Coding coding)
{
    return coding == Coding::ebcdic || coding == Coding::ebcdic_500;
}

/// Bytes of the count.
[[nodiscard]] inline std::size_t prefix_size_of(const FieldSpec& spec)
{
    if (spec.length == LengthForm::rest) return 0;
    const auto digits = static_cast<std::size_t>(spec.length);
    return spec.length_coding == LengthCoding::bcd ? (digits + 1) / 2 : digits;
}

/// The largest number that fits the count; 0 where there is none.
[[nodiscard]] inline std::uint64_t largest_count_of(const FieldSpec& spec)
{
    if (spec.length == LengthForm::rest) return 0;
    const std::uint64_t base = spec.length_coding == LengthCoding::binary ? 256
                               : spec.length_coding == LengthCoding::hex  ? 16
                                                                          : 10;
    std::uint64_t numbers = 1;
    for (auto digit = static_cast<int>(spec.length); digit > 0; --digit) numbers *= base;
    return numbers - 1;
}

/// Bytes on the wire of a value with so many characters, without its count.
[[nodiscard]] inline std::size_t wire_size_of(const FieldSpec& spec, std::size_t value_size)
{
    if (spec.coding == Coding::bcd) // the sign of an amount stays one character
        return spec.kind == FieldKind::amount && value_size > 0 ? 1 + value_size / 2 : (value_size + 1) / 2;
    return is_hex(spec.coding) ? 2 * value_size : value_size;
}

/// The count of a value of so many characters that takes so many bytes, apart from own_count_of().
[[nodiscard]] inline std::size_t count_of(const FieldSpec& spec, std::size_t value_size, std::size_t size)
{
    switch (spec.length_counts) {
    case LengthCounts::characters:
        return spec.coding == Coding::bcd ? value_size : size;
    case LengthCounts::bytes:
        return size;
    case LengthCounts::nibbles:
        return spec.coding == Coding::bcd ? value_size : 2 * size;
    case LengthCounts::value_bytes:
        return value_size;
    }
    return size;
}

/// What the prefix itself adds to a count that includes it.
[[nodiscard]] inline std::size_t own_count_of(const FieldSpec& spec)
{
    if (!spec.length_includes_itself) return 0;
    return (spec.length_counts == LengthCounts::nibbles ? 2U : 1U) * prefix_size_of(spec);
}

} // namespace codec
