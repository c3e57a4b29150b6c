#include "codec/field_spec.hpp"

#include "codec/field_size.hpp"
#include "codec/structure_check.hpp"

namespace codec {

namespace {

/// Of a fixed element: ours, so that no row of a table makes an element larger than any that is known.

bool is_text_coding(Coding coding)
{
    return coding == Coding::ascii || is_ebcdic(coding);
}

bool is_letters(FieldKind kind)
{
    return kind == FieldKind::alpha || kind == FieldKind::alnum || kind == FieldKind::text;
}

bool is_counted(const FieldSpec& spec)
{
    return spec.length != LengthForm::fixed && spec.length != LengthForm::rest;
}

std::string wrong_coding(const FieldSpec& spec)
{
    const bool is_text = is_text_coding(spec.coding);
    switch (spec.kind) {
    case FieldKind::numeric:
    case FieldKind::track:
    case FieldKind::nibbles:
    case FieldKind::amount:
        if (is_text || spec.coding == Coding::bcd) return {};
        return "coding does not fit kind; expected ascii, ebcdic, ebcdic-500 or bcd for numeric, track, "
               "nibbles "
               "and amount";
    case FieldKind::alpha:
    case FieldKind::alnum:
    case FieldKind::text:
        if (is_text) return {};
        return "coding does not fit kind; expected ascii, ebcdic or ebcdic-500 for alpha, alnum and text";
    case FieldKind::binary:
        if (!is_text && spec.coding != Coding::bcd) return {};
        return "coding does not fit kind; expected raw, hex or ebcdic-hex for binary";
    case FieldKind::none:
        break;
    }
    return "the row has no kind";
}

std::string wrong_fill(const FieldSpec& spec)
{
    if (spec.fill == Fill::none) return {};
    if (spec.length != LengthForm::fixed)
        return "fill is for a fixed length; a counted value is not filled up";
    const bool is_zeros = spec.fill == Fill::left_zeros || spec.fill == Fill::right_zeros;
    if (is_letters(spec.kind) ||
        (is_zeros && (spec.kind == FieldKind::numeric || spec.kind == FieldKind::nibbles)))
        return {};
    return "fill does not fit kind; expected zeros for numeric and nibbles, zeros or spaces for alpha, alnum "
           "and "
           "text, none for the others";
}

std::string wrong_amount(const FieldSpec& spec)
{
    if (spec.kind != FieldKind::amount) return {};
    if (spec.max < 2) return "an amount is a sign and digits; expected max of at least 2";
    // The sign takes a byte and a digit half of one: other counts do not tell how many digits there are.
    const bool counts_characters = is_counted(spec) && spec.length_counts == LengthCounts::characters;
    if (spec.coding == Coding::bcd && spec.length != LengthForm::fixed && !counts_characters)
        return "an amount in bcd is fixed or counted in characters";
    return {};
}

std::string wrong_separator(const FieldSpec& spec)
{
    if (spec.separator == '=' || spec.kind == FieldKind::track) return {};
    return "separator is for kind = \"track\"";
}

std::string wrong_count(const FieldSpec& spec)
{
    if (spec.length_includes_itself && !is_counted(spec))
        return "length_includes_itself is for a length with a count; expected l to llllll";
    const bool tells_digits =
        spec.length == LengthForm::fixed || (is_counted(spec) && spec.length_counts != LengthCounts::bytes);
    if (spec.coding == Coding::bcd && spec.pad == Pad::right_0 && !tells_digits)
        return "a count of bytes does not tell a digit 0 from a pad 0 on the right; expected pad = \"right "
               "F\", or a "
               "count of characters";
    if (spec.length_counts == LengthCounts::value_bytes && spec.kind != FieldKind::binary)
        return "length_counts = \"value bytes\" is for kind = \"binary\"";
    return {};
}

std::string wrong_max(const FieldSpec& spec)
{
    if (spec.max == 0) return "max is 0; expected at least 1";
    if (spec.length == LengthForm::fixed && spec.max > fixed_max)
        return "max is too large for a fixed length; expected at most " + std::to_string(fixed_max);
    if (!is_counted(spec)) return {};
    const std::size_t count = count_of(spec, spec.max, wire_size_of(spec, spec.max)) + own_count_of(spec);
    if (count <= largest_count_of(spec)) return {};
    return "max does not fit length: its count would be " + std::to_string(count) + "; expected at most " +
           std::to_string(largest_count_of(spec));
}

} // namespace

std::string what_is_wrong(const FieldSpec& spec)
{
    if (spec.kind != FieldKind::none && spec.name.empty()) return "the row has no name";
    for (const auto check :
         {wrong_coding, wrong_separator, wrong_amount, wrong_fill, wrong_count, wrong_max}) {
        if (std::string wrong = check(spec); !wrong.empty()) return wrong;
    }
    return spec.structure == nullptr ? std::string() : what_is_wrong(*spec.structure, spec);
}

} // namespace codec
