#include "codec/describe.hpp"

#include "codec/coding.hpp"

#include <algorithm>

namespace codec {

namespace {

constexpr std::size_t shown_first = 6;
constexpr std::size_t shown_last = 4;
/// The shortest run of digits that is taken for a card number, and the shortest of which a part is shown.
constexpr std::size_t pan_digits_min = 13;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_printable(char c)
{
    return c >= 0x20 && c < 0x7F;
}

/// Bytes that would break a line or a terminal as \xNN; a backslash too, so that the text can be read back.
std::string escaped(std::string_view value)
{
    std::string text;
    text.reserve(value.size());
    for (const char c : value) {
        if (is_printable(c) && c != '\\') {
            text += c;
            continue;
        }
        const auto byte = static_cast<std::uint8_t>(c);
        text += "\\x";
        text += static_cast<char>(hex_digit_of_nibble(byte >> 4));
        text += static_cast<char>(hex_digit_of_nibble(byte));
    }
    return text;
}

std::string hex_of(std::string_view value)
{
    std::string text;
    for (const char c : value) {
        const auto byte = static_cast<std::uint8_t>(c);
        text += static_cast<char>(hex_digit_of_nibble(byte >> 4));
        text += static_cast<char>(hex_digit_of_nibble(byte));
    }
    return text;
}

/// Private text may hold a card number that no table knows of: every long run of digits is masked.
std::string with_long_numbers_masked(std::string_view value)
{
    std::string text;
    for (auto at = value.begin(); at != value.end();) {
        const auto run_end = std::find_if_not(at, value.end(), is_digit);
        const std::string_view run(at, run_end);
        text += run.size() >= pan_digits_min ? masked_pan(run) : std::string(run);
        at = run_end;
        if (at != value.end()) text += *at++;
    }
    return text;
}

bool is_text(FieldKind kind)
{
    return kind == FieldKind::alpha || kind == FieldKind::alnum || kind == FieldKind::text;
}

std::string shown_value(const FieldSpec& spec, std::string_view value)
{
    switch (spec.log) {
    case LogRule::pan:
        return escaped(masked_pan(value));
    case LogRule::never:
        return "(" + std::to_string(value.size()) + " bytes, not shown)";
    case LogRule::clear:
        break;
    }
    if (spec.kind == FieldKind::binary) return hex_of(value);
    return escaped(is_text(spec.kind) ? with_long_numbers_masked(value) : std::string(value));
}

/// Of an element that the dialect does not know nothing is known: it may be card data.
const FieldSpec& spec_of(const Dialect& dialect, int de)
{
    static const FieldSpec unknown = {.name = "not in this dialect",
                                      .kind = FieldKind::binary,
                                      .max = 1,
                                      .coding = Coding::raw,
                                      .log = LogRule::never};
    const FieldSpec& spec = dialect.fields[static_cast<std::size_t>(de)];
    return spec.kind == FieldKind::none ? unknown : spec;
}

std::string padded(std::string text, std::size_t width)
{
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

} // namespace

std::string masked_pan(std::string_view pan)
{
    std::string text(pan.size(), '*');
    if (pan.size() < pan_digits_min) return text;
    std::copy_n(pan.begin(), shown_first, text.begin());
    std::copy_n(pan.end() - shown_last, shown_last, text.end() - shown_last);
    return text;
}

std::string describe(const Dialect& dialect, const Message& message)
{
    std::size_t name_width = 0;
    for (const int de : message.elements())
        name_width = std::max(name_width, spec_of(dialect, de).name.size());

    std::string text = "MTI " + std::string(message.mti().text()) + "\n";
    for (const int de : message.elements()) {
        const FieldSpec& spec = spec_of(dialect, de);
        text += padded("DE" + std::to_string(de), 6) + padded(spec.name, name_width + 2);
        text += shown_value(spec, message.get(de)) + "\n";
    }
    return text;
}

std::string describe_line(const Dialect& dialect, const Message& message)
{
    std::string text(message.mti().text());
    for (const int de : message.elements())
        text += " " + std::to_string(de) + "=" + shown_value(spec_of(dialect, de), message.get(de));
    return text;
}

} // namespace codec
