/// What reading and writing of parts share. Only for codec/structure*.cpp.
#pragma once

#include "codec/structure.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace codec {

/// Of EMV's zero bytes between BER-TLV objects.
inline constexpr std::string_view padding_tag = "00";

/// "2" and "1" -> "2.1".
inline std::string joined_path(const std::string& tag, const std::string& below)
{
    return tag.empty() || below.empty() ? tag + below : tag + "." + below;
}

/// A value of ber_tlv has its length in front of it already.
[[nodiscard]] FieldSpec without_count(const FieldSpec& row);

/// The category code of a tlv structure is text in the coding of its tags.
[[nodiscard]] FieldSpec category_row(const Structure& structure);

[[nodiscard]] inline bool is_category(const Structure& structure, std::string_view tag)
{
    return structure.form == StructureForm::tlv && structure.category_size > 0 && tag == category_tag;
}

/// Appends one part, with its tag where the form has tags.
[[nodiscard]] std::optional<PartError> append_part(const Structure& structure, const Part& part,
                                                   std::string& out);

/// True when `wire` is read as one part with this tag and value and nothing is behind it.
[[nodiscard]] bool is_read_as(const Structure& structure, const std::string& wire, const std::string& tag,
                              std::string_view value);

} // namespace codec
