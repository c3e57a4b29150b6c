#include "codec/structure_parts.hpp"

#include "codec/field.hpp"
#include "codec/field_size.hpp"
#include "codec/hex.hpp"
#include "codec/tlv.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace codec {

namespace {

using MaybeError = std::optional<PartError>;

constexpr std::size_t ber_length_bytes_max = 5;

/// Adds count and value.
std::optional<FieldError> append_field(const FieldSpec& spec, std::string_view value, std::string& out)
{
    constexpr std::size_t count_bytes_max = 8;
    const std::size_t before = out.size();
    const std::size_t characters = spec.length == LengthForm::fixed ? spec.max : value.size();
    out.resize(before + count_bytes_max + wire_size_of(spec, characters));
    const auto written =
        write_field(spec, value, {reinterpret_cast<std::uint8_t*>(out.data()) + before, out.size() - before});
    out.resize(before + (written ? *written : 0));
    if (!written) return written.error();
    return std::nullopt;
}

/// 0 when it is no number.
int bit_of(const std::string& tag)
{
    int bit = 0;
    const char* const end = tag.data() + tag.size();
    const auto parsed = std::from_chars(tag.data(), end, bit);
    return parsed.ec == std::errc() && parsed.ptr == end ? bit : 0;
}

/// The bytes of a tag in hex, when they are one whole tag.
std::optional<std::string> ber_tag_of(const std::string& hex)
{
    auto tag = bytes_of_hex(hex);
    if (!tag) return std::nullopt;
    const std::string object = *tag + '\0';
    const auto read = TlvReader(object).next();
    if (!read || read->tag != *tag) return std::nullopt;
    return tag;
}

/// size_asked  bytes of the length; what is too few for the value is made more
void append_ber_length(std::size_t length, std::size_t size_asked, std::string& out)
{
    std::size_t size = length < 0x80 ? 1 : 2;
    while (size > 1 && size < ber_length_bytes_max && length >> 8 * (size - 1) != 0) ++size;
    size = std::clamp(size_asked, size, ber_length_bytes_max);
    if (size > 1) out += static_cast<char>(0x80 | (size - 1));
    for (std::size_t left = std::max<std::size_t>(size - 1, 1); left > 0; --left)
        out += static_cast<char>(length >> 8 * (left - 1));
}

std::optional<Errc> append_ber(const Part& part, const FieldSpec* row, std::string_view value,
                               std::string& out)
{
    if (part.tag == padding_tag) {
        if (!value.empty()) return Errc::wrong_size;
        out += '\0';
        return std::nullopt;
    }
    const auto tag = ber_tag_of(part.tag);
    if (!tag) return Errc::bad_character;
    std::string content;
    if (row == nullptr)
        content = value;
    else if (const auto wrong = append_field(without_count(*row), value, content))
        return wrong->code;
    out += *tag;
    append_ber_length(content.size(), part.length_size, out);
    out += content;
    return std::nullopt;
}

std::optional<Errc> append_tag(const FieldSpec& row, const std::string& text, std::string& out)
{
    const auto tag = row.kind == FieldKind::binary ? bytes_of_hex(text) : text;
    if (!tag) return Errc::bad_character;
    if (tag->size() != row.max) return Errc::wrong_size; // filled up, it would be another tag
    if (const auto wrong = append_field(row, *tag, out)) return wrong->code;
    return std::nullopt;
}

/// From its value, in the form of the structure.
std::optional<Errc> append_made(const Structure& structure, const Part& part, std::string_view value,
                                std::string& out)
{
    const Structure::PartSpec* const found = structure.find(part.tag);
    const FieldSpec* row = found == nullptr ? nullptr : &found->spec;
    if (structure.form == StructureForm::ber_tlv) return append_ber(part, row, value, out);

    FieldSpec category;
    if (is_category(structure, part.tag)) {
        category = category_row(structure);
        if (row == nullptr) row = &category;
    } else if (structure.form == StructureForm::tlv) {
        if (row == nullptr) row = &structure.other;
        if (const auto wrong = append_tag(structure.tag, part.tag, out)) return wrong;
    }
    if (row == nullptr) return Errc::unknown_element;
    if (const auto wrong = append_field(*row, value, out)) return wrong->code;
    return std::nullopt;
}

PartError error_at(const std::string& out, Errc code, std::string path)
{
    return {code, std::move(path), out.size()};
}

MaybeError append_positional(const Structure& structure, const std::vector<Part>& parts, std::string& out)
{
    std::vector<const Part*> by_row(structure.parts.size());
    for (const Part& part : parts) {
        const auto* row = structure.find(part.tag);
        if (row == nullptr) return error_at(out, Errc::unknown_element, part.tag);
        const Part*& place = by_row[static_cast<std::size_t>(row - structure.parts.data())];
        if (place != nullptr) return error_at(out, Errc::wrong_size, part.tag);
        place = &part;
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (by_row[i] == nullptr) return error_at(out, Errc::wrong_size, structure.parts[i].tag);
        if (auto wrong = append_part(structure, *by_row[i], out)) return wrong;
    }
    return std::nullopt;
}

MaybeError append_with_bitmap(const Structure& structure, const std::vector<Part>& parts, std::string& out)
{
    std::array<const Part*, 193> by_bit{};
    Bitmap bitmap;
    for (const Part& part : parts) {
        const int bit = bit_of(part.tag);
        if (bit < 1 || bit > structure.bits || structure.find(part.tag) == nullptr)
            return error_at(out, Errc::unknown_element, part.tag);
        const Part*& place = by_bit.at(static_cast<std::size_t>(bit));
        if (place != nullptr) return error_at(out, Errc::wrong_size, part.tag);
        place = &part;
        bitmap.set(bit);
    }
    std::array<std::uint8_t, 48> wire; // 192 bits in hex
    const std::size_t size = write_plain_bitmap(structure.bitmap, structure.bits, bitmap, wire);
    out.append(reinterpret_cast<const char*>(wire.data()), size);
    for (const Part* part : by_bit) {
        if (part == nullptr) continue;
        if (auto wrong = append_part(structure, *part, out)) return wrong;
    }
    return std::nullopt;
}

/// With tags, in the order given; the category code is the first where the structure has one.
MaybeError append_tagged(const Structure& structure, const std::vector<Part>& parts, std::string& out)
{
    const bool has_category = is_category(structure, category_tag);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (has_category && (i == 0) != is_category(structure, parts[i].tag))
            return error_at(out, Errc::wrong_size, std::string(category_tag));
        if (auto wrong = append_part(structure, parts[i], out)) return wrong;
    }
    return std::nullopt;
}

} // namespace

std::optional<PartError> append_part(const Structure& structure, const Part& part, std::string& out)
{
    std::string inner;
    if (!part.parts.empty()) {
        const auto* row = structure.find(part.tag);
        if (row == nullptr || !row->spec.structure)
            return error_at(out, Errc::unknown_element, joined_path(part.tag, part.parts[0].tag));
        auto written = write_parts(*row->spec.structure, part.parts);
        if (!written) {
            const PartError& error = written.error();
            return PartError{error.code, joined_path(part.tag, error.path), out.size() + error.offset};
        }
        inner = std::move(*written);
    }
    const std::string_view value = part.parts.empty() ? std::string_view(part.value) : inner;
    // Whoever has changed tag or value means what is there now.
    if (!part.wire.empty() && is_read_as(structure, part.wire, part.tag, value)) {
        out += part.wire;
        return std::nullopt;
    }
    const std::size_t before = out.size();
    if (const auto wrong = append_made(structure, part, value, out)) {
        out.resize(before);
        return error_at(out, *wrong, part.tag);
    }
    return std::nullopt;
}

PartResult<std::string> write_parts(const Structure& structure, const std::vector<Part>& parts)
{
    std::string out;
    MaybeError wrong;
    if (structure.form == StructureForm::positional)
        wrong = append_positional(structure, parts, out);
    else if (structure.form == StructureForm::bitmap)
        wrong = append_with_bitmap(structure, parts, out);
    else
        wrong = append_tagged(structure, parts, out);
    if (wrong) return std::move(*wrong);
    return out;
}

} // namespace codec
