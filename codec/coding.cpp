#include "codec/coding.hpp"

#include "codec/digits.hpp"
#include "codec/ebcdic.hpp"
#include "codec/field_size.hpp"

#include <algorithm>
#include <cstring>

namespace codec {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// Digits and hex letters differ from ASCII by fixed distances in every EBCDIC code page.
constexpr std::uint8_t ebcdic_a = 0xC1;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

const CodePage& code_page_of(Coding coding)
{
    return coding == Coding::ebcdic_500 ? code_page_500 : code_page_1047;
}

int nibble_of_digit(Coding coding, std::uint8_t digit)
{
    return coding == Coding::hex ? nibble_of_hex_digit(digit) : nibble_of_ebcdic_hex_digit(digit);
}

/// The value's character as ASCII has it.
char as_ascii(Coding coding, std::uint8_t byte)
{
    return static_cast<char>(is_ebcdic(coding) ? code_page_of(coding).to_latin_1[byte] : byte);
}

bool is_track_character(char c)
{
    return is_digit(c) || c == '=' || c == 'D';
}

bool is_nibble_allowed(FieldKind kind, unsigned nibble)
{
    return nibble <= 9 || kind == FieldKind::nibbles ||
           (kind == FieldKind::track && nibble == packed_separator);
}

std::optional<std::size_t> find_bad_packed(const FieldSpec& spec, Bytes wire, std::size_t digits)
{
    const bool is_odd = digits % 2 == 1;
    // A pad that is not what the row says is a sender who fills on the other side: taken as it is, every
    // digit would be shifted.
    if (is_odd && pad_nibble_in(wire, spec.pad) != pad_value(spec.pad))
        return pad_is_left(spec.pad) ? 0 : wire.size() - 1;
    if (spec.kind == FieldKind::nibbles || are_packed_digits(wire)) return std::nullopt;
    const std::size_t first = is_odd && pad_is_left(spec.pad) ? 1 : 0;
    for (std::size_t i = first; i < first + digits; ++i)
        if (!is_nibble_allowed(spec.kind, nibble_at(wire, i))) return i / 2;
    return std::nullopt;
}

std::optional<std::size_t> find_bad_digit(Coding coding, Bytes wire)
{
    const std::uint8_t zero = is_ebcdic(coding) ? ebcdic_zero : '0';
    if (are_digits(wire, zero)) return std::nullopt;
    for (std::size_t i = 0; i < wire.size(); ++i)
        if (wire[i] < zero || wire[i] > zero + 9) return i;
    return std::nullopt;
}

std::optional<std::size_t> find_bad_sign(Coding coding, Bytes wire)
{
    if (wire.empty()) return std::nullopt;
    const char sign = as_ascii(coding, wire[0]);
    if (sign != 'C' && sign != 'D') return 0;
    return std::nullopt;
}

std::optional<std::size_t> find_bad_amount(const FieldSpec& spec, Bytes wire, std::size_t value_size)
{
    if (const auto bad = find_bad_sign(spec.coding, wire)) return bad;
    if (wire.empty()) return std::nullopt;
    const Bytes digits = wire.subspan(1);
    const auto bad = spec.coding == Coding::bcd ? find_bad_packed(spec, digits, value_size - 1)
                                                : find_bad_digit(spec.coding, digits);
    if (bad) return *bad + 1;
    return std::nullopt;
}

std::optional<std::size_t> find_bad_hex(Coding coding, Bytes wire)
{
    const auto bad = std::find_if(wire.begin(), wire.end(),
                                  [&](std::uint8_t digit) { return nibble_of_digit(coding, digit) < 0; });
    if (bad == wire.end()) return std::nullopt;
    return static_cast<std::size_t>(bad - wire.begin());
}

void unpack_digits(const FieldSpec& spec, Bytes wire, std::span<char> digits)
{
    const std::size_t first = digits.size() % 2 == 1 && pad_is_left(spec.pad) ? 1 : 0;
    unpack_nibbles(wire, first, digits);
    if (spec.kind == FieldKind::track) std::replace(digits.begin(), digits.end(), 'D', spec.separator);
}

void write_hex(Coding coding, std::string_view value, std::uint8_t* out)
{
    for (const char c : value) {
        const unsigned byte = static_cast<std::uint8_t>(c);
        for (const unsigned nibble : {byte >> 4U, byte & 0xFU})
            *out++ = coding == Coding::hex ? hex_digit_of_nibble(nibble) : ebcdic_hex_digit_of_nibble(nibble);
    }
}

} // namespace

int nibble_of_hex_digit(std::uint8_t digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    const std::uint8_t upper = digit & 0xDFU;
    if (upper >= 'A' && upper <= 'F') return upper - 'A' + 10;
    return -1;
}

std::uint8_t hex_digit_of_nibble(unsigned nibble)
{
    return static_cast<std::uint8_t>("0123456789ABCDEF"[nibble & 0xFU]);
}

int nibble_of_ebcdic_hex_digit(std::uint8_t digit)
{
    if (digit >= ebcdic_zero && digit <= ebcdic_zero + 9) return digit - ebcdic_zero;
    const std::uint8_t upper = digit | 0x40U; // small letters are 0x81 and on, capitals 0xC1
    if (upper >= ebcdic_a && upper <= ebcdic_a + 5) return upper - ebcdic_a + 10;
    return -1;
}

std::uint8_t ebcdic_hex_digit_of_nibble(unsigned nibble)
{
    nibble &= 0xFU;
    return static_cast<std::uint8_t>(nibble <= 9 ? ebcdic_zero + nibble : ebcdic_a + nibble - 10);
}

std::optional<std::size_t> find_bad_byte(const FieldSpec& spec, Bytes wire, std::size_t value_size)
{
    if (is_hex(spec.coding)) return find_bad_hex(spec.coding, wire);
    switch (spec.kind) {
    case FieldKind::numeric:
        if (spec.coding != Coding::bcd) return find_bad_digit(spec.coding, wire);
        return find_bad_packed(spec, wire, value_size);
    case FieldKind::nibbles:
        if (spec.coding == Coding::bcd) return find_bad_packed(spec, wire, value_size);
        return find_bad_hex(is_ebcdic(spec.coding) ? Coding::ebcdic_hex : Coding::hex, wire);
    case FieldKind::amount:
        return find_bad_amount(spec, wire, value_size);
    case FieldKind::track: {
        if (spec.coding == Coding::bcd) return find_bad_packed(spec, wire, value_size);
        const auto bad = std::find_if_not(wire.begin(), wire.end(), [&](std::uint8_t byte) {
            return is_track_character(as_ascii(spec.coding, byte));
        });
        if (bad != wire.end()) return static_cast<std::size_t>(bad - wire.begin());
        break;
    }
    case FieldKind::none:
    case FieldKind::alpha:
    case FieldKind::alnum:
    case FieldKind::text:
    case FieldKind::binary:
        break;
    }
    return std::nullopt;
}

bool is_plain(Coding coding)
{
    return coding == Coding::ascii || coding == Coding::raw;
}

void unpack(const FieldSpec& spec, Bytes wire, std::span<char> value)
{
    switch (spec.coding) {
    case Coding::ascii:
    case Coding::raw:
        if (!wire.empty()) std::memcpy(value.data(), wire.data(), value.size());
        return;
    case Coding::ebcdic:
    case Coding::ebcdic_500:
        for (std::size_t i = 0; i < value.size(); ++i) value[i] = as_ascii(spec.coding, wire[i]);
        return;
    case Coding::hex:
    case Coding::ebcdic_hex:
        for (std::size_t i = 0; i < value.size(); ++i)
            value[i] = static_cast<char>(nibble_of_digit(spec.coding, wire[2 * i]) << 4 |
                                         nibble_of_digit(spec.coding, wire[2 * i + 1]));
        return;
    case Coding::bcd:
        if (spec.kind == FieldKind::amount && !value.empty()) {
            value[0] = static_cast<char>(wire[0]);
            return unpack_digits(spec, wire.subspan(1), value.subspan(1));
        }
        return unpack_digits(spec, wire, value);
    }
}

bool is_writable(FieldKind kind, std::string_view value)
{
    switch (kind) {
    case FieldKind::numeric:
        return are_digits(as_bytes(value), '0');
    case FieldKind::amount:
        return value.empty() ||
               ((value[0] == 'C' || value[0] == 'D') && are_digits(as_bytes(value.substr(1)), '0'));
    case FieldKind::track:
        return std::all_of(value.begin(), value.end(), is_track_character);
    case FieldKind::nibbles:
        return std::all_of(value.begin(), value.end(),
                           [](char c) { return nibble_of_hex_digit(static_cast<std::uint8_t>(c)) >= 0; });
    case FieldKind::none:
    case FieldKind::alpha:
    case FieldKind::alnum:
    case FieldKind::text:
    case FieldKind::binary:
        break;
    }
    return true;
}

void write_value(const FieldSpec& spec, std::string_view value, std::uint8_t* out)
{
    switch (spec.coding) {
    case Coding::ascii:
    case Coding::raw:
        if (!value.empty()) std::memcpy(out, value.data(), value.size());
        return;
    case Coding::ebcdic:
    case Coding::ebcdic_500: {
        const CodePage& page = code_page_of(spec.coding);
        for (const char c : value) *out++ = page.from_latin_1[static_cast<std::uint8_t>(c)];
        return;
    }
    case Coding::hex:
    case Coding::ebcdic_hex:
        return write_hex(spec.coding, value, out);
    case Coding::bcd:
        if (spec.kind == FieldKind::amount && !value.empty()) {
            *out++ = static_cast<std::uint8_t>(value[0]);
            value.remove_prefix(1);
        }
        return pack_nibbles(value, spec.pad, out);
    }
}

} // namespace codec
