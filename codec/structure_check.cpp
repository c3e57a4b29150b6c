#include "codec/structure_check.hpp"

#include "codec/field_size.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace codec {

namespace {

constexpr std::size_t ber_tag_bytes_max = 4;

// --- tags --------------------------------------------------------------------------------------------------

/// Upper case only, so that no tag has two spellings.
std::optional<unsigned> nibble_of(char digit)
{
    if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
    if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
    return std::nullopt;
}

bool is_hex_text(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char digit) { return nibble_of(digit).has_value(); });
}

/// ISO 8825-1, 8.1.2: five low bits set say that more bytes follow; the high bit of each says so again.
bool is_ber_tag(std::string_view tag)
{
    if (tag.empty() || tag.size() % 2 == 1 || tag.size() / 2 > ber_tag_bytes_max || !is_hex_text(tag))
        return false;
    for (std::size_t i = 0; i < tag.size(); i += 2) {
        const unsigned byte = *nibble_of(tag[i]) << 4U | *nibble_of(tag[i + 1]);
        const bool goes_on = i == 0 ? (byte & 0x1FU) == 0x1FU : (byte & 0x80U) != 0;
        const bool is_last = i + 2 == tag.size();
        if (goes_on == is_last || (i == 0 && byte == 0)) return false;
    }
    return true;
}

bool is_number(std::string_view tag, int max)
{
    int number = 0;
    const char* const end = tag.data() + tag.size();
    const auto [stop, error] = std::from_chars(tag.data(), end, number);
    return error == std::errc{} && stop == end && tag[0] != '0' && number >= 1 && number <= max;
}

bool is_tlv_tag(const FieldSpec& row, std::string_view tag)
{
    if (row.kind == FieldKind::binary) return tag.size() == 2U * row.max && is_hex_text(tag);
    return tag.size() == row.max && (row.kind != FieldKind::nibbles || is_hex_text(tag));
}

// --- structures --------------------------------------------------------------------------------------------

/// Fixed parts are as long as they are; others may be empty.
std::size_t size_min_of(const FieldSpec& part)
{
    return prefix_size_of(part) + (part.length == LengthForm::fixed ? wire_size_of(part, part.max) : 0);
}

std::string wrong_positional(const Structure& structure, const FieldSpec& row)
{
    std::size_t size = 0;
    for (const auto& part : structure.parts) {
        if (part.spec.length == LengthForm::rest && &part != &structure.parts.back())
            return "part " + part.tag + " takes the rest; expected it to be the last part";
        size += size_min_of(part.spec);
    }
    const bool all_are_fixed =
        std::all_of(structure.parts.begin(), structure.parts.end(),
                    [](const auto& part) { return part.spec.length == LengthForm::fixed; });
    const bool must_be_full = all_are_fixed && row.length == LengthForm::fixed;
    if (size > row.max || (must_be_full && size < row.max))
        return "the parts take " + std::to_string(size) + "; expected " + (must_be_full ? "" : "at most ") +
               std::to_string(row.max) + ", the max of the whole";
    return {};
}

std::string wrong_tlv(const Structure& structure)
{
    const FieldSpec& other = structure.other;
    if (other.length == LengthForm::fixed || other.length == LengthForm::rest)
        return "tlv needs parts with a count; expected length = l to llllll";
    return {};
}

} // namespace

std::string what_is_wrong(const Structure& structure, const FieldSpec& row)
{
    const bool is_tagged = structure.form == StructureForm::ber_tlv || structure.form == StructureForm::tlv;
    if (structure.parts.empty() && !is_tagged) return "the structure has no parts; expected a table of parts";
    switch (structure.form) {
    case StructureForm::positional:
        return wrong_positional(structure, row);
    case StructureForm::bitmap:
        return structure.bits % 8 == 0 ? "" : "bits is wrong; expected a multiple of 8";
    case StructureForm::ber_tlv:
        return row.kind == FieldKind::binary ? "" : "ber-tlv is made of bytes; expected kind = \"binary\"";
    case StructureForm::tlv:
        return wrong_tlv(structure);
    }
    return {};
}

std::string what_is_wrong_with_tag(const Structure& structure, std::string_view tag)
{
    switch (structure.form) {
    case StructureForm::positional:
        return is_number(tag, 999) ? "" : "expected a number from 1";
    case StructureForm::bitmap:
        return is_number(tag, structure.bits) ? "" : "expected 1 to " + std::to_string(structure.bits);
    case StructureForm::ber_tlv:
        return is_ber_tag(tag) ? "" : "expected a tag of BER-TLV in upper-case hex, like 9F26";
    case StructureForm::tlv:
        if (tag == category_tag && structure.category_size > 0) return {};
        if (is_tlv_tag(structure.tag, tag)) return {};
        return "expected a tag of " + std::to_string(structure.tag.max) +
               (structure.tag.kind == FieldKind::binary    ? " bytes in upper-case hex"
                : structure.tag.kind == FieldKind::nibbles ? " digits"
                                                           : " characters");
    }
    return {};
}

} // namespace codec
