#include "codec/describe.hpp"

#include "codec/hex.hpp"

#include <algorithm>

namespace codec {

namespace {

constexpr std::size_t shown_first = 6;
constexpr std::size_t shown_last = 4;
/// The shortest run of digits that is taken for a card number, and the shortest of which a part is shown.
constexpr std::size_t pan_digits_min = 13;
constexpr std::size_t pan_digits_max = 19;

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
        if (is_printable(c) && c != '\\')
            text += c;
        else
            text += "\\x" + hex_of({&c, 1});
    }
    return text;
}

/// The end of a number that begins at `begin`. People write a card number in groups: one or two spaces,
/// hyphens or points between two digits are inside it.
std::size_t end_of_number(std::string_view value, std::size_t begin)
{
    constexpr std::string_view between_groups = " -.";
    std::size_t end = begin;
    while (end < value.size() && is_digit(value[end])) {
        const std::size_t next = value.find_first_not_of(between_groups, ++end);
        if (next <= end + 2 && next < value.size() && is_digit(value[next])) end = next;
    }
    return end;
}

/// masked_pan() of the digits of a number; what stands between its groups stays. Where the card number cannot
/// be told from what stands behind it (an expiry date, a CVV), the last digits are not shown.
std::string masked_number(std::string_view number)
{
    std::string text(number);
    std::size_t digits = 0;
    std::size_t significant = 0; // no card number begins with zeros
    bool may_have_ended = false;
    for (char& c : text) {
        if (!is_digit(c)) {
            may_have_ended |= significant >= pan_digits_min;
            continue;
        }
        if (significant > 0 || c != '0') ++significant;
        if (++digits > shown_first) c = '*';
    }
    if (significant < pan_digits_min) return std::string(number);
    if (may_have_ended || digits > pan_digits_max) return text;
    std::copy_n(number.end() - shown_last, shown_last, text.end() - shown_last);
    return text;
}

/// Only blanks and marks are left.
std::string blotted(std::string_view text)
{
    std::string marks(text);
    for (char& c : marks)
        if (std::string_view(" ,;:.=^-/").find(c) == std::string_view::npos) c = '*';
    return marks;
}

/// Text may hold a card number that no table knows of: every long number is masked, and all that follows the
/// first.
std::string with_long_number_masked(std::string_view value)
{
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (!is_digit(value[at])) continue;
        const std::size_t end = end_of_number(value, at);
        const std::string_view number = value.substr(at, end - at);
        if (const std::string masked = masked_number(number); masked != number)
            return std::string(value.substr(0, at)) + masked + blotted(value.substr(end));
        at = end - 1;
    }
    return std::string(value);
}

/// A card number, maybe with something behind it: of that nothing is shown.
std::string masked_card(std::string_view value)
{
    const auto end = std::find_if_not(value.begin(), value.end(), is_digit);
    const auto digits = static_cast<std::size_t>(end - value.begin());
    return masked_pan(value.substr(0, digits)) + std::string(value.size() - digits, '*');
}

/// Packed card numbers of odd length end in F.
std::string_view without_pad(std::string_view digits)
{
    while (digits.ends_with('F')) digits.remove_suffix(1);
    return digits;
}

std::string masked_text(const FieldSpec& spec, std::string_view value)
{
    const bool is_never_shown = spec.log == LogRule::never || spec.kind == FieldKind::track;
    if (is_never_shown) return "(" + std::to_string(value.size()) + " bytes, not shown)";
    if (spec.log == LogRule::pan) {
        if (spec.kind == FieldKind::binary) return masked_card(without_pad(hex_of(value)));
        return masked_card(spec.kind == FieldKind::nibbles ? without_pad(value) : value);
    }
    switch (spec.kind) {
    case FieldKind::binary:
        return with_long_number_masked(hex_of(value));
    case FieldKind::alpha:
    case FieldKind::alnum:
    case FieldKind::text:
    case FieldKind::nibbles:
    case FieldKind::numeric:
        return escaped(with_long_number_masked(value));
    case FieldKind::none:
    case FieldKind::track:
    case FieldKind::amount:
        break;
    }
    return escaped(value);
}

FieldSpec never_shown(const char* name)
{
    FieldSpec spec;
    spec.kind = FieldKind::binary;
    spec.coding = Coding::raw;
    spec.max = 1;
    spec.log = LogRule::never;
    spec.name = name;
    return spec;
}

std::string padded(std::string text, std::size_t width)
{
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

/// What stands for an element whose parts cannot be read.
FieldSpec hidden(const FieldSpec& spec)
{
    FieldSpec row = spec;
    row.log = LogRule::never;
    return row;
}

constexpr std::size_t tag_width = 6;

bool is_any_masked(const std::vector<Part>& parts)
{
    return std::any_of(parts.begin(), parts.end(), [](const Part& part) { return is_masked(part); });
}

/// Binary values are easier to read part by part.
bool is_shown_as_text(const FieldSpec& spec, std::string_view value, const std::vector<Part>& parts,
                      Show show)
{
    if (spec.kind == FieldKind::binary) return false;
    const bool is_clear =
        spec.kind == FieldKind::numeric ? spec.log == LogRule::clear : !is_masked(spec, value);
    return show == Show::everything || (is_clear && !is_any_masked(parts));
}

/// A zero byte between BER-TLV objects: no other part is as short.
bool is_padding(const Part& part)
{
    return part.spec == nullptr && part.tag == "00" && part.size == 1;
}

/// Lines of parts, each level four columns further in.
void append_lines(const std::vector<Part>& parts, std::size_t indent, Show show, std::string& text)
{
    std::size_t name_width = 0;
    for (const Part& part : parts) name_width = std::max(name_width, row_to_show(part).name.size());
    for (const Part& part : parts) {
        text += std::string(indent, ' ') + padded(shown_tag(part, show), tag_width);
        text += padded(row_to_show(part).name, name_width + 2) + shown_value(part, show) + "\n";
        append_lines(part.parts, indent + 4, show, text);
    }
}

std::string line_of(const FieldSpec& spec, std::string_view value, const std::vector<Part>& parts)
{
    if (is_shown_as_text(spec, value, parts, Show::masked)) return escaped(value);
    std::string text;
    std::size_t unknown = 0;
    for (const Part& part : parts) {
        if (part.spec == nullptr) {
            unknown += is_padding(part) ? 0 : 1;
            continue;
        }
        text += (text.empty() ? "" : " ") + shown_tag(part, Show::masked) + "=";
        text += part.parts.empty() ? shown_value(*part.spec, part.value, Show::masked)
                                   : line_of(*part.spec, part.value, part.parts);
    }
    if (unknown > 0) text += (text.empty() ? "" : " ") + std::to_string(unknown) + " unknown";
    return "{" + text + "}";
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

std::string shown_value(const FieldSpec& spec, std::string_view value, Show show)
{
    if (show == Show::masked) return masked_text(spec, value);
    return spec.kind == FieldKind::binary ? hex_of(value) : escaped(value);
}

bool is_masked(const FieldSpec& spec, std::string_view value)
{
    return masked_text(spec, value) != shown_value(spec, value, Show::everything);
}

bool is_masked(const Part& part)
{
    return part.parts.empty() ? is_masked(row_to_show(part), part.value) : is_any_masked(part.parts);
}

std::string shown_value(const FieldSpec& spec, std::string_view value, const std::vector<Part>& parts,
                        Show show)
{
    if (is_shown_as_text(spec, value, parts, show)) return escaped(value);
    return std::to_string(parts.size()) + (parts.size() == 1 ? " part" : " parts");
}

std::string shown_value(const Part& part, Show show)
{
    const FieldSpec& row = row_to_show(part);
    return part.parts.empty() ? shown_value(row, part.value, show)
                              : shown_value(row, part.value, part.parts, show);
}

const FieldSpec& row_to_show(const Dialect& dialect, int de)
{
    static const FieldSpec unknown = never_shown("not in this dialect");
    const FieldSpec& spec = dialect.fields[static_cast<std::size_t>(de)];
    return spec.kind == FieldKind::none ? unknown : spec;
}

const FieldSpec& row_to_show(const Part& part)
{
    static const FieldSpec unknown = never_shown("unknown tag");
    static const FieldSpec padding = [] {
        FieldSpec row = never_shown("padding");
        row.log = LogRule::clear;
        return row;
    }();
    if (part.spec != nullptr) return *part.spec;
    return is_padding(part) ? padding : unknown;
}

std::string shown_tag(const Part& part, Show show)
{
    const bool may_be_anything = part.spec == nullptr && show == Show::masked;
    return escaped(may_be_anything ? with_long_number_masked(part.tag) : part.tag);
}

std::string describe(const Dialect& dialect, const Message& message)
{
    return describe(dialect, message, Show::masked);
}

std::string describe(const Dialect& dialect, const Message& message, Show show)
{
    std::size_t name_width = 0;
    for (const int de : message.elements())
        name_width = std::max(name_width, row_to_show(dialect, de).name.size());

    std::string text = "MTI " + std::string(message.mti().text()) + "\n";
    for (const int de : message.elements()) {
        const FieldSpec& row = row_to_show(dialect, de);
        const std::string_view value = message.get(de);
        text += padded("DE" + std::to_string(de), tag_width) + padded(row.name, name_width + 2);
        if (!row.structure) {
            text += shown_value(row, value, show) + "\n";
        } else if (const auto parts = read_parts(*row.structure, value)) {
            text += shown_value(row, value, *parts, show) + "\n";
            append_lines(*parts, tag_width, show, text);
        } else {
            text += shown_value(hidden(row), value, show) + "  ! " + text_of(parts.error()) + "\n";
        }
    }
    return text;
}

std::string describe_line(const Dialect& dialect, const Message& message)
{
    std::string text(message.mti().text());
    for (const int de : message.elements()) {
        const FieldSpec& row = row_to_show(dialect, de);
        const std::string_view value = message.get(de);
        text += " " + std::to_string(de) + "=";
        if (!row.structure) {
            text += shown_value(row, value, Show::masked);
        } else if (const auto parts = read_parts(*row.structure, value)) {
            text += line_of(row, value, *parts);
        } else {
            text += shown_value(hidden(row), value, Show::masked);
        }
    }
    return text;
}

} // namespace codec
