#include "codec/field.hpp"

#include "codec/coding.hpp"
#include "codec/ebcdic.hpp"
#include "codec/field_size.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace codec {

namespace {

using Bytes = std::span<const std::uint8_t>;

// --- count -------------------------------------------------------------------------------------------------

std::optional<std::size_t> read_binary_number(Bytes wire)
{
    std::size_t number = 0;
    for (const std::uint8_t byte : wire) number = number << 8 | byte;
    return number;
}

std::optional<std::size_t> read_packed_number(Bytes wire)
{
    std::size_t number = 0;
    for (const std::uint8_t byte : wire) {
        if (byte >> 4 > 9 || (byte & 0xFU) > 9) return std::nullopt;
        number = number * 100 + std::size_t{byte} / 16 * 10 + byte % 16;
    }
    return number;
}

std::optional<std::size_t> read_hex_number(Bytes wire)
{
    std::size_t number = 0;
    for (const std::uint8_t byte : wire) {
        const int nibble = nibble_of_hex_digit(byte);
        if (nibble < 0) return std::nullopt;
        number = number << 4 | static_cast<std::size_t>(nibble);
    }
    return number;
}

/// zero     the code page's digit 0; the others follow it
std::optional<std::size_t> read_decimal_number(std::uint8_t zero, Bytes wire)
{
    std::size_t number = 0;
    for (const std::uint8_t byte : wire) {
        const unsigned digit = byte - unsigned{zero};
        if (digit > 9) return std::nullopt;
        number = number * 10 + digit;
    }
    return number;
}

std::optional<std::size_t> read_number(LengthCoding coding, Bytes wire)
{
    switch (coding) {
    case LengthCoding::ascii:
        return read_decimal_number('0', wire);
    case LengthCoding::ebcdic:
        return read_decimal_number(ebcdic_zero, wire);
    case LengthCoding::bcd:
        return read_packed_number(wire);
    case LengthCoding::binary:
        return read_binary_number(wire);
    case LengthCoding::hex:
        return read_hex_number(wire);
    }
    return std::nullopt;
}

/// Writes the lowest digits of `number`.
/// returns  what is left of it: not zero when it does not fit
std::size_t write_number(LengthCoding coding, std::size_t number, std::span<std::uint8_t> out)
{
    for (std::size_t i = out.size(); i > 0; --i) {
        std::uint8_t& byte = out[i - 1];
        switch (coding) {
        case LengthCoding::ascii:
        case LengthCoding::ebcdic:
            byte =
                static_cast<std::uint8_t>((coding == LengthCoding::ascii ? '0' : ebcdic_zero) + number % 10);
            number /= 10;
            break;
        case LengthCoding::bcd:
            byte = static_cast<std::uint8_t>(number / 10 % 10 << 4 | number % 10);
            number /= 100;
            break;
        case LengthCoding::binary:
            byte = static_cast<std::uint8_t>(number);
            number >>= 8;
            break;
        case LengthCoding::hex:
            byte = hex_digit_of_nibble(static_cast<unsigned>(number));
            number >>= 4;
            break;
        }
    }
    return number;
}

// --- sizes -------------------------------------------------------------------------------------------------

/// Digits in packed bytes whose number of digits nobody tells: all but a pad nibble.
std::size_t digits_in(const FieldSpec& spec, Bytes packed)
{
    const std::size_t nibbles = 2 * packed.size();
    if (packed.empty()) return 0;
    if (spec.pad == Pad::left_f) return packed.front() >> 4 == 0xF ? nibbles - 1 : nibbles;
    if (spec.pad == Pad::right_f) return (packed.back() & 0xFU) == 0xF ? nibbles - 1 : nibbles;
    // A zero may be a digit. It is a pad for sure only where the digits would be one too many.
    return nibbles == spec.max + std::size_t{1} ? spec.max : nibbles;
}

/// Bytes that `count` announces; nothing when no value has this count.
std::optional<std::size_t> size_of_count(const FieldSpec& spec, std::size_t count)
{
    switch (spec.length_counts) {
    case LengthCounts::characters:
        return spec.coding == Coding::bcd ? wire_size_of(spec, count) : count;
    case LengthCounts::bytes:
        return count;
    case LengthCounts::nibbles:
        if (spec.coding != Coding::bcd && count % 2 == 1) return std::nullopt;
        return (count + 1) / 2;
    case LengthCounts::value_bytes:
        return is_hex(spec.coding) ? 2 * count : count;
    }
    return std::nullopt;
}

bool counts_digits(const FieldSpec& spec)
{
    return spec.length_counts == LengthCounts::characters || spec.length_counts == LengthCounts::nibbles;
}

FieldResult<Extent> measure_counted(const FieldSpec& spec, Bytes wire)
{
    const std::size_t prefix = prefix_size_of(spec);
    if (wire.size() < prefix) return FieldError{Errc::truncated, 0};
    auto count = read_number(spec.length_coding, wire.first(prefix));
    const std::size_t own_count = own_count_of(spec);
    if (!count || *count < own_count) return FieldError{Errc::bad_length, 0};
    *count -= own_count;

    const auto size = size_of_count(spec, *count);
    if (!size || (is_hex(spec.coding) && *size % 2 == 1)) return FieldError{Errc::bad_length, 0};
    if (spec.coding == Coding::bcd && counts_digits(spec)) {
        if (*count > spec.max) return FieldError{Errc::bad_length, 0};
        if (wire.size() - prefix < *size) return FieldError{Errc::truncated, prefix};
        return Extent{prefix, *size, *count};
    }
    // Compared before it is looked at: what a count claims need not be there.
    if (*size > wire_size_of(spec, spec.max)) return FieldError{Errc::bad_length, 0};
    if (wire.size() - prefix < *size) return FieldError{Errc::truncated, prefix};
    const std::size_t value_size = spec.coding == Coding::bcd ? digits_in(spec, wire.subspan(prefix, *size))
                                   : is_hex(spec.coding)      ? *size / 2
                                                              : *size;
    if (value_size > spec.max) return FieldError{Errc::bad_length, 0};
    return Extent{prefix, *size, value_size};
}

FieldResult<Extent> measure_rest(const FieldSpec& spec, Bytes wire)
{
    if (is_hex(spec.coding) && wire.size() % 2 == 1) return FieldError{Errc::truncated, wire.size()};
    const std::size_t value_size = spec.coding == Coding::bcd ? digits_in(spec, wire)
                                   : is_hex(spec.coding)      ? wire.size() / 2
                                                              : wire.size();
    if (value_size > spec.max) return FieldError{Errc::bad_length, 0};
    return Extent{0, wire.size(), value_size};
}

// --- fill --------------------------------------------------------------------------------------------------

bool is_filled_with_zeros(FieldKind kind)
{
    return kind == FieldKind::numeric || kind == FieldKind::amount;
}

bool is_filled_with_spaces(FieldKind kind)
{
    return kind == FieldKind::alpha || kind == FieldKind::alnum || kind == FieldKind::text;
}

/// Binary and track data are never filled unless the row says how: a short PIN block is a mistake.
Fill fill_to_write(const FieldSpec& spec)
{
    if (spec.fill != Fill::none) return spec.fill;
    if (is_filled_with_zeros(spec.kind)) return Fill::left_zeros;
    return is_filled_with_spaces(spec.kind) ? Fill::right_spaces : Fill::none;
}

using FillSpace = std::array<char, fixed_max>;

/// The value as wide as its fixed field: 12.50 as "000000001250", a terminal's name with spaces behind.
/// space    where a filled value is made; the result points into it or is `value`
/// returns  nothing when the value does not fit
std::optional<std::string_view> filled_to_width(const FieldSpec& spec, std::string_view value,
                                                FillSpace& space)
{
    if (value.size() == spec.max) return value;
    const Fill fill = fill_to_write(spec);
    if (value.size() > spec.max || fill == Fill::none) return std::nullopt;
    char* at = space.data();
    if (spec.kind == FieldKind::amount) { // the sign stays in front
        if (value.empty()) return std::nullopt;
        *at++ = value[0];
        value.remove_prefix(1);
    }
    char* const end = space.data() + spec.max;
    const bool is_left = fill == Fill::left_zeros || fill == Fill::left_spaces;
    const char with = fill == Fill::left_zeros || fill == Fill::right_zeros ? '0' : ' ';
    const std::size_t missing = static_cast<std::size_t>(end - at) - value.size();
    if (is_left) at = std::fill_n(at, missing, with);
    at = std::copy(value.begin(), value.end(), at);
    std::fill(at, end, with);
    return std::string_view(space.data(), spec.max);
}

} // namespace

FieldResult<Extent> measure(const FieldSpec& spec, Bytes wire)
{
    if (spec.length == LengthForm::rest) return measure_rest(spec, wire);
    if (spec.length != LengthForm::fixed) return measure_counted(spec, wire);
    const std::size_t size = wire_size_of(spec, spec.max);
    if (wire.size() < size) return FieldError{Errc::truncated, 0};
    return Extent{0, size, spec.max};
}

std::string_view without_fill(const FieldSpec& spec, std::string_view value)
{
    switch (spec.fill) {
    case Fill::none:
        break;
    case Fill::left_zeros: // zero is a value: its last digit stays
        return value.empty() ? value : value.substr(std::min(value.find_first_not_of('0'), value.size() - 1));
    case Fill::left_spaces:
        return value.substr(std::min(value.find_first_not_of(' '), value.size()));
    case Fill::right_zeros:
        return value.substr(0, value.find_last_not_of('0') + 1);
    case Fill::right_spaces:
        return value.substr(0, value.find_last_not_of(' ') + 1);
    }
    return value;
}

FieldResult<ReadField> read_field(const FieldSpec& spec, Bytes wire)
{
    const auto extent = measure(spec, wire);
    if (!extent) return extent.error();
    const Bytes bytes = wire.subspan(extent->prefix, extent->size);
    if (const auto bad = find_bad_byte(spec, bytes, extent->value_size))
        return FieldError{Errc::bad_character, extent->prefix + *bad};
    std::string value(extent->value_size, '\0');
    unpack(spec, bytes, value);
    return ReadField{*extent, std::string(without_fill(spec, value))};
}

FieldResult<std::size_t> write_field(const FieldSpec& spec, std::string_view value,
                                     std::span<std::uint8_t> out)
{
    if (!is_writable(spec.kind, value)) return FieldError{Errc::bad_character, 0};
    const bool is_fixed = spec.length == LengthForm::fixed;
    FillSpace space;
    if (is_fixed) {
        const auto filled = filled_to_width(spec, value, space);
        if (!filled) return FieldError{Errc::wrong_size, 0};
        value = *filled;
    } else if (value.size() > spec.max) {
        return FieldError{Errc::wrong_size, 0};
    }
    const std::size_t prefix = is_fixed ? 0 : prefix_size_of(spec);
    const std::size_t size = wire_size_of(spec, value.size());
    if (out.size() < prefix + size) return FieldError{Errc::too_large, 0};
    if (prefix > 0) {
        const std::size_t count = count_of(spec, value.size(), size) + own_count_of(spec);
        if (write_number(spec.length_coding, count, out.first(prefix)) != 0)
            return FieldError{Errc::wrong_size, 0};
    }
    write_value(spec, value, out.data() + prefix);
    return prefix + size;
}

} // namespace codec
