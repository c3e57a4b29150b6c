#pragma once

#include "codec/bitmap.hpp"
#include "codec/error.hpp"
#include "codec/field_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace codec {

enum class StructureForm : std::uint8_t {
    positional, ///< one part behind the other, in the order of the table; may end after any part
    bitmap,     ///< a bitmap of its own, then the parts whose bits are set (Postilion 127, Visa 62, 63, 126)
    ber_tlv,    ///< BER-TLV (ISO 8825-1, EMV Book 3 annex B): unknown tags are kept in order, byte for byte
    tlv,        ///< tag, count, value with tags and counts of any coding (Mastercard 48, Visa data sets)
};

/// How an element's value is cut into parts. Parts are cut from the value as Message::get() gives it, that is
/// after the element's own coding has been undone; an element whose parts have codings of their own is `raw`.
struct Structure {
    struct PartSpec {
        std::string tag; ///< decimal number; of ber_tlv the tag in upper-case hex ("9F26")
        FieldSpec spec;
    };

    StructureForm form = StructureForm::positional;
    std::vector<PartSpec> parts; ///< in the order of the wire for positional and bitmap

    // bitmap
    BitmapForm bitmap = BitmapForm::binary;
    std::uint16_t bits =
        64; ///< 8..192, a multiple of 8. No bit announces anything: bit 1 is a part like any other

    // tlv
    FieldSpec tag;   ///< fixed; its coding and max say how a tag is written
    FieldSpec other; ///< the row of tags without one: its length form is that of every part
    std::uint16_t category_size =
        0; ///< characters in front of the first tag (Mastercard's category code): tag "category"

    /// The row of a tag; null when the table has none.
    [[nodiscard]] const PartSpec* find(std::string_view tag) const;
};

/// One part of a value, with its own parts.
struct Part {
    std::string tag;
    const FieldSpec* spec = nullptr; ///< of the structure that it was read by; null for an unknown tag
    std::string value;               ///< as Message::get() would give it: text, digits or raw bytes
    std::size_t offset = 0;          ///< of its first byte (tag or count) in the enclosing value
    std::size_t size = 0;            ///< bytes in the enclosing value, tag and count included
    std::uint8_t length_size = 0;    ///< of ber_tlv: bytes that its length took; 0 writes the shortest form
    std::string
        wire; ///< its bytes, kept only where `value` would be written otherwise: lower-case hex digits, fill
    std::vector<Part> parts; ///< read from `value`, where the row has a structure

    friend bool operator==(const Part& a, const Part& b)
    {
        return a.tag == b.tag && a.value == b.value && a.parts == b.parts;
    }
};

/// Where a structure is wrong: never what stood there.
struct PartError {
    Errc code = Errc::truncated;
    std::string path;       ///< "2.1": part 2, in it part 1; "unknown" for a tag without a row
    std::size_t offset = 0; ///< in bytes, from the start of the outermost value
};
template <class T> using PartResult = boost::system::result<T, PartError>;

/// No structure nests deeper; what is deeper stays a value without parts.
inline constexpr int structure_depth_max = 4;

/// What stands in front of the first tag of a `tlv` structure with a category_size is a part with this tag.
inline constexpr std::string_view category_tag = "category";

/// Cuts a value into its parts. An empty value has none, unless a bitmap should be there.
/// returns  the parts in the order of the wire; every byte of the value is in one of them
[[nodiscard]] PartResult<std::vector<Part>> read_parts(const Structure& structure, std::string_view value);

/// Puts parts together to a value: the inverse of read_parts(), byte for byte but for the case of a bitmap's
/// hex digits. A part with parts of its own is written from them, and its `value` is not looked at; `wire`
/// counts as long as it is read as that value. Positional parts and those of a bitmap may come in any order.
/// returns  unknown_element for a tag without a place, bad_character, and wrong_size for a value too long, a tag
///          given twice, and a positional part left out in front of others
[[nodiscard]] PartResult<std::string> write_parts(const Structure& structure, const std::vector<Part>& parts);

/// One line for people, behind the element's name: "part 2.1 at byte 7: the message ends inside it".
[[nodiscard]] std::string text_of(const PartError& error);

[[noreturn]] void throw_exception_from_error(const PartError& error, const boost::source_location& where);

} // namespace codec
