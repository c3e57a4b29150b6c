#include "codec/encode.hpp"

#include "codec/bitmap.hpp"
#include "codec/coding.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace codec {

namespace {

/// More characters than any fixed element has (FieldSpec::max is at most 999).
using PadSpace = std::array<char, 999>;

bool is_filled_with_zeros(FieldKind kind)
{
    return kind == FieldKind::numeric || kind == FieldKind::amount;
}

bool is_filled_with_spaces(FieldKind kind)
{
    return kind == FieldKind::alpha || kind == FieldKind::alnum || kind == FieldKind::text;
}

/// The value as wide as its fixed element: 12.50 as "000000001250", a terminal's name with spaces behind.
/// Binary and track data are never filled: a short PIN block is a mistake. space    where a filled value is
/// made; the result points into it or is `value` returns  nothing when the value does not fit
std::optional<std::string_view> filled_to_width(const FieldSpec& spec, std::string_view value,
                                                PadSpace& space)
{
    if (value.size() == spec.max) return value;
    if (value.size() > spec.max) return std::nullopt;
    char* const begin = space.data();
    if (is_filled_with_spaces(spec.kind)) {
        std::fill(std::copy(value.begin(), value.end(), begin), begin + spec.max, ' ');
    } else if (is_filled_with_zeros(spec.kind)) {
        char* at = begin;
        if (spec.kind == FieldKind::amount) {
            if (value.empty()) return std::nullopt; // no sign
            *at++ = value[0];
            value.remove_prefix(1);
        }
        char* const end = begin + spec.max;
        std::fill(at, end - value.size(), '0');
        std::copy(value.begin(), value.end(), end - value.size());
    } else {
        return std::nullopt;
    }
    return std::string_view(begin, spec.max);
}

std::optional<Errc> append_made_element(const FieldSpec& spec, std::string_view value,
                                        std::vector<std::uint8_t>& out)
{
    if (const auto bad = find_bad_character(spec.kind, value)) return Errc::bad_character;
    if (spec.length != LengthForm::fixed) {
        if (value.size() > spec.max) return Errc::wrong_size;
        append_prefix(spec, count_of_value(spec, value.size()), out);
        append_value(spec, value, out);
        return std::nullopt;
    }
    PadSpace space;
    const auto filled = filled_to_width(spec, value, space);
    if (!filled) return Errc::wrong_size;
    append_value(spec, *filled, out);
    return std::nullopt;
}

void append_mti(DigitsForm form, Mti mti, std::vector<std::uint8_t>& out)
{
    const std::string_view digits = mti.text();
    if (form == DigitsForm::ascii) {
        out.insert(out.end(), digits.begin(), digits.end());
        return;
    }
    for (std::size_t i = 0; i < digits.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>((digits[i] - '0') << 4 | (digits[i + 1] - '0')));
}

std::optional<Error> append_message(const Dialect& dialect, const Message& message,
                                    std::vector<std::uint8_t>& out)
{
    const std::size_t begin = out.size();
    Bitmap bitmap;
    for (int de = 2; de <= de_max; ++de)
        if (message.has(de)) bitmap.set(de);
    append_mti(dialect.mti, message.mti(), out);
    append_bitmap(dialect.bitmap, bitmap, out);

    for (int de = bitmap.next_after(0); de != 0; de = bitmap.next_after(de)) {
        const std::size_t at = out.size() - begin;
        const FieldSpec& spec = dialect.fields[static_cast<std::size_t>(de)];
        if (spec.kind == FieldKind::none) return Error{Errc::unknown_element, de, at};
        if (const std::string_view wire = message.wire(de); !wire.empty()) {
            out.insert(out.end(), wire.begin(), wire.end());
            continue;
        }
        if (const auto wrong = append_made_element(spec, message.get(de), out)) return Error{*wrong, de, at};
    }
    if (out.size() - begin > message_bytes_limit) return Error{Errc::too_large, 0, message_bytes_limit};
    return std::nullopt;
}

} // namespace

Result<void> encode(const Dialect& dialect, const Message& message, std::vector<std::uint8_t>& out)
{
    const std::size_t before = out.size();
    if (const auto error = append_message(dialect, message, out)) {
        out.resize(before);
        return *error;
    }
    return {};
}

} // namespace codec
