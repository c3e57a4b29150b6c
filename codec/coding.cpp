#include "codec/coding.hpp"

#include <algorithm>

namespace codec {

namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_track_character(char c)
{
    return is_digit(c) || c == '=' || c == 'D';
}

/// The separator of track data is one character with two spellings: '=' as text, nibble D when packed.
constexpr unsigned packed_separator = 0xD;

unsigned nibble_of(char c)
{
    return is_digit(c) ? static_cast<unsigned>(c - '0') : packed_separator;
}

/// The character of a packed nibble; 0 when the kind has none.
char character_of(FieldKind kind, unsigned nibble)
{
    if (nibble <= 9) return static_cast<char>('0' + nibble);
    return kind == FieldKind::track && nibble == packed_separator ? '=' : '\0';
}

std::size_t digits_of_prefix(const FieldSpec& spec)
{
    return spec.length == LengthForm::fixed ? 0 : spec.length == LengthForm::ll ? 2 : 3;
}

/// Packed digits stand at the right end: an odd number of them has a zero nibble in front.
std::optional<std::size_t> unpack_digits(FieldKind kind, std::span<const std::uint8_t> wire,
                                         std::span<char> digits)
{
    const std::size_t pad = digits.size() % 2;
    // A pad that is not zero is a sender who fills on the other side: taken as it is, every digit would be
    // shifted.
    if (pad == 1 && wire[0] >> 4 != 0) return 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const std::size_t at = i + pad;
        const unsigned nibble = at % 2 == 0 ? wire[at / 2] >> 4 : wire[at / 2] & 0xFU;
        digits[i] = character_of(kind, nibble);
        if (digits[i] == '\0') return at / 2;
    }
    return std::nullopt;
}

void append_digits(std::string_view digits, std::vector<std::uint8_t>& out)
{
    std::size_t i = 0;
    if (digits.size() % 2 == 1) out.push_back(static_cast<std::uint8_t>(nibble_of(digits[i++])));
    for (; i < digits.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>(nibble_of(digits[i]) << 4 | nibble_of(digits[i + 1])));
}

std::optional<std::size_t> unpack_hex(std::span<const std::uint8_t> wire, std::span<char> bytes)
{
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = nibble_of_hex_digit(wire[2 * i]);
        const int low = nibble_of_hex_digit(wire[2 * i + 1]);
        if (high < 0) return 2 * i;
        if (low < 0) return 2 * i + 1;
        bytes[i] = static_cast<char>(high << 4 | low);
    }
    return std::nullopt;
}

} // namespace

int nibble_of_hex_digit(std::uint8_t digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return -1;
}

std::uint8_t hex_digit_of_nibble(unsigned nibble)
{
    return static_cast<std::uint8_t>("0123456789ABCDEF"[nibble & 0xFU]);
}

std::size_t wire_size_of_value(const FieldSpec& spec, std::size_t value_size)
{
    switch (spec.coding) {
    case Coding::hex:
        return 2 * value_size;
    case Coding::bcd: // the sign of an amount stays one character
        return spec.kind == FieldKind::amount ? 1 + value_size / 2 : (value_size + 1) / 2;
    case Coding::ascii:
    case Coding::raw:
        break;
    }
    return value_size;
}

std::size_t count_of_value(const FieldSpec& spec, std::size_t value_size)
{
    return spec.coding == Coding::hex ? 2 * value_size : value_size;
}

std::optional<std::size_t> value_size_of_count(const FieldSpec& spec, std::size_t count)
{
    if (spec.coding != Coding::hex) return count;
    if (count % 2 == 1) return std::nullopt;
    return count / 2;
}

std::size_t prefix_size(const FieldSpec& spec)
{
    const std::size_t digits = digits_of_prefix(spec);
    return spec.length_coding == Coding::bcd ? (digits + 1) / 2 : digits;
}

std::optional<std::size_t> read_prefix(const FieldSpec& spec, std::span<const std::uint8_t> wire)
{
    std::size_t count = 0;
    for (const std::uint8_t byte : wire) {
        if (spec.length_coding == Coding::bcd) {
            if (byte >> 4 > 9 || (byte & 0xFU) > 9) return std::nullopt;
            count = count * 100 + std::size_t{byte} / 16 * 10 + byte % 16;
        } else {
            if (!is_digit(static_cast<char>(byte))) return std::nullopt;
            count = count * 10 + (byte - std::size_t{'0'});
        }
    }
    return count;
}

void append_prefix(const FieldSpec& spec, std::size_t count, std::vector<std::uint8_t>& out)
{
    char digits[] = {'0', '0', '0'};
    const std::size_t size = digits_of_prefix(spec);
    for (std::size_t i = size; i > 0; --i, count /= 10) digits[i - 1] = static_cast<char>('0' + count % 10);
    const std::string_view text(digits, size);
    if (spec.length_coding == Coding::bcd)
        append_digits(text, out);
    else
        out.insert(out.end(), text.begin(), text.end());
}

bool is_plain(Coding coding)
{
    return coding == Coding::ascii || coding == Coding::raw;
}

std::optional<std::size_t> find_bad_character(FieldKind kind, std::string_view value)
{
    const auto begin = value.begin();
    auto bad = value.end();
    switch (kind) {
    case FieldKind::numeric:
        bad = std::find_if_not(begin, value.end(), is_digit);
        break;
    case FieldKind::track:
        bad = std::find_if_not(begin, value.end(), is_track_character);
        break;
    case FieldKind::amount:
        if (!value.empty() && value[0] != 'C' && value[0] != 'D') return 0;
        bad = std::find_if_not(begin + (value.empty() ? 0 : 1), value.end(), is_digit);
        break;
    case FieldKind::none:
    case FieldKind::alpha:
    case FieldKind::alnum:
    case FieldKind::text:
    case FieldKind::binary:
        break;
    }
    if (bad == value.end()) return std::nullopt;
    return static_cast<std::size_t>(bad - begin);
}

std::optional<std::size_t> unpack_value(const FieldSpec& spec, std::span<const std::uint8_t> wire,
                                        std::span<char> value)
{
    if (spec.coding == Coding::hex) return unpack_hex(wire, value);
    if (spec.kind != FieldKind::amount) return unpack_digits(spec.kind, wire, value);

    if (wire[0] != 'C' && wire[0] != 'D') return 0;
    value[0] = static_cast<char>(wire[0]);
    const auto bad = unpack_digits(spec.kind, wire.subspan(1), value.subspan(1));
    if (bad) return *bad + 1;
    return std::nullopt;
}

void append_value(const FieldSpec& spec, std::string_view value, std::vector<std::uint8_t>& out)
{
    switch (spec.coding) {
    case Coding::ascii:
    case Coding::raw:
        out.insert(out.end(), value.begin(), value.end());
        return;
    case Coding::hex:
        for (const char c : value) {
            const auto byte = static_cast<std::uint8_t>(c);
            out.push_back(hex_digit_of_nibble(byte >> 4));
            out.push_back(hex_digit_of_nibble(byte));
        }
        return;
    case Coding::bcd:
        if (spec.kind == FieldKind::amount) {
            out.push_back(static_cast<std::uint8_t>(value[0]));
            value.remove_prefix(1);
        }
        append_digits(value, out);
        return;
    }
}

} // namespace codec
