/// What the field classes of jPOS write on the wire: a table, from the documentation and sources of jPOS.
#pragma once

#include "codec/field_spec.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace sim {

/// Where an odd number of packed digits has its spare half byte. Some classes ask the attribute `pad`.
enum class JposPad : std::uint8_t {
    unpacked,
    zero_by_attr,    ///< pad="true": a zero in front; otherwise behind
    right_f_by_attr, ///< pad="true": a zero in front; otherwise an F behind
    right_f,
};

struct JposClass {
    std::string_view name; ///< without its package
    codec::FieldKind kind = codec::FieldKind::none;
    codec::Coding coding = codec::Coding::ascii;
    codec::LengthForm length = codec::LengthForm::fixed;
    codec::LengthCoding length_coding = codec::LengthCoding::ascii;
    codec::LengthCounts length_counts = codec::LengthCounts::characters;
    JposPad pad = JposPad::unpacked;
    std::uint8_t tag_digits = 0; ///< digits of a part's number, in front of its count
    codec::Coding tag_coding = codec::Coding::ascii;

    /// Why a dialect cannot say what this class does; empty where it can.
    std::string_view obstacle = {};
    /// What is carried over, but not all of it; empty mostly.
    std::string_view remark = {};
};

/// The whole table.
[[nodiscard]] std::span<const JposClass> jpos_classes();

/// The row of a field class ("org.jpos.iso.IFA_LLNUM"); null for a class of somebody else's, or of a bitmap.
[[nodiscard]] const JposClass* find_jpos_class(std::string_view qualified_name);

/// The name behind "org.jpos.iso."; empty for a class of somebody else's.
[[nodiscard]] std::string_view name_in_jpos(std::string_view qualified_name);

/// A class that writes the attribute `token` in front of its count ("org.jpos.tlv.packager.IFTA_LLLCHAR").
/// Its row is that of the class without the token.
[[nodiscard]] bool is_jpos_token_class(std::string_view qualified_name);

/// How a packager cuts a value into parts.
enum class JposCut : std::uint8_t {
    unknown,
    message,      ///< like a message: first field 0, then a bitmap
    parts,        ///< by a bitmap, or one behind the other
    tagged_parts, ///< parts that begin with their number
    mapped_tags,  ///< parts that begin with a tag, which a class knows for each number
    tokens,       ///< parts that begin with a token
    ber_tlv,
};
[[nodiscard]] JposCut jpos_cut_of(std::string_view packager);

/// Tag mappers of jPOS that write a part's number as it is.
[[nodiscard]] bool is_jpos_number_mapper(std::string_view qualified_name);

} // namespace sim
