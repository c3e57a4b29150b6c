#include "sim/msg_value.hpp"

#include "codec/field.hpp"
#include "codec/hex.hpp"

#include <algorithm>
#include <vector>

namespace sim {

namespace {

std::string utf8_of(std::string_view bytes)
{
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xC0 | byte >> 6);
            text += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return text;
}

std::optional<std::string> bytes_of_utf8(std::string_view text)
{
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto first = static_cast<std::uint8_t>(text[at]);
        if (first < 0x80) {
            bytes += text[at];
            continue;
        }
        // Two bytes carry U+0080 to U+00FF when the first one is C2 or C3.
        if ((first != 0xC2 && first != 0xC3) || ++at == text.size()) return std::nullopt;
        bytes += static_cast<char>((first & 0x03) << 6 | (static_cast<std::uint8_t>(text[at]) & 0x3F));
    }
    return bytes;
}

std::string noun_of(codec::FieldKind kind)
{
    switch (kind) {
    case codec::FieldKind::numeric:
        return "digits";
    case codec::FieldKind::track:
        return "digits, = or D";
    case codec::FieldKind::nibbles:
        return "hex digits";
    case codec::FieldKind::binary:
        return "bytes in hex";
    case codec::FieldKind::amount:
        return "characters: C or D, then digits";
    case codec::FieldKind::none:
    case codec::FieldKind::alpha:
    case codec::FieldKind::alnum:
    case codec::FieldKind::text:
        break;
    }
    return "characters";
}

} // namespace

ValueForm form_of(const codec::FieldSpec& row)
{
    return row.kind == codec::FieldKind::binary ? ValueForm::hex : ValueForm::text;
}

ValueForm form_of(const codec::Structure& structure, const codec::Part& part)
{
    if (const auto* known = structure.find(part.tag)) return form_of(known->spec);
    if (structure.form == codec::StructureForm::ber_tlv) return ValueForm::hex;
    return part.tag == codec::category_tag ? ValueForm::text : form_of(structure.other);
}

std::string written(std::string_view value, ValueForm form)
{
    return form == ValueForm::hex ? codec::hex_of(value) : utf8_of(value);
}

std::optional<std::string> value_of(std::string_view written, ValueForm form)
{
    return form == ValueForm::hex ? codec::bytes_of_hex(written) : bytes_of_utf8(written);
}

std::string expectation_of(const codec::FieldSpec& row)
{
    const bool is_exact = row.length == codec::LengthForm::fixed &&
                          (row.kind == codec::FieldKind::binary || row.kind == codec::FieldKind::track);
    return (is_exact ? "" : "at most ") + std::to_string(row.max) + " " + noun_of(row.kind);
}

std::optional<std::string> why_not_written(const codec::FieldSpec& row, std::string_view value)
{
    constexpr std::size_t count_bytes_max = 8;
    std::vector<std::uint8_t> space(count_bytes_max + 2 * std::max<std::size_t>(row.max, value.size()));
    const auto size = codec::write_field(row, value, space);
    if (size) return std::nullopt;
    return std::string(codec::text_of(size.error().code)) + "; expected " + expectation_of(row);
}

} // namespace sim
