#include "sim/jpos_classes.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace sim {

namespace {

using codec::Coding;
using enum codec::FieldKind;
using enum codec::LengthForm;
using enum JposPad;

constexpr auto in_ascii = codec::LengthCoding::ascii;
constexpr auto in_bcd = codec::LengthCoding::bcd;
constexpr auto in_binary = codec::LengthCoding::binary;
constexpr auto in_ebcdic = codec::LengthCoding::ebcdic;
constexpr auto characters = codec::LengthCounts::characters;
constexpr auto bytes = codec::LengthCounts::bytes;
constexpr auto half_bytes = codec::LengthCounts::nibbles;
constexpr auto value_bytes = codec::LengthCounts::value_bytes;

constexpr std::string_view counts_are_even = "jPOS counts the spare half byte of an odd number as a digit";
constexpr std::string_view room_behind_count = "a count in front of a room of fixed size";
constexpr std::string_view count_in_front_of_tag = "its count stands in front of its number and includes it";
constexpr std::string_view ends_at_token = "its value ends at a token, without a count";
constexpr std::string_view takes_nothing = "it takes no bytes";
constexpr std::string_view overpunched = "the sign is a part of the last digit";

// name, kind, coding, length, how its count is written, what it counts, spare half byte, digits of a tag
constexpr JposClass classes[] = {
    // fixed
    {"IF_CHAR", text, Coding::ascii},
    {"IF_ECHAR", text, Coding::ebcdic},
    {"IFA_NUMERIC", numeric, Coding::ascii},
    {"IFA_AMOUNT2003", numeric, Coding::ascii},
    {"IFB_AMOUNT2003", numeric, Coding::bcd, fixed, in_ascii, characters, zero_by_attr},
    {"IFA_AMOUNT", amount, Coding::ascii},
    {"IFA_BINARY", binary, Coding::hex},
    {"IFB_NUMERIC", numeric, Coding::bcd, fixed, in_ascii, characters, zero_by_attr},
    {"IFB_FNUMERIC", numeric, Coding::bcd, fixed, in_ascii, characters, right_f_by_attr},
    {"IFB_HEX", nibbles, Coding::bcd, fixed, in_ascii, characters, right_f_by_attr},
    {"IFB_AMOUNT", amount, Coding::bcd, fixed, in_ascii, characters, zero_by_attr},
    {"IFB_BINARY", binary, Coding::raw},
    {"IFE_CHAR", text, Coding::ebcdic},
    {"IFE_NUMERIC", numeric, Coding::ebcdic},
    {"IFE_AMOUNT", amount, Coding::ebcdic},
    {"IFE_BINARY", binary, Coding::ebcdic_hex},

    // count in ASCII digits
    {"IFA_LCHAR", text, Coding::ascii, l, in_ascii},
    {"IFA_LLCHAR", text, Coding::ascii, ll, in_ascii},
    {"IFA_LLLCHAR", text, Coding::ascii, lll, in_ascii},
    {"IFA_LLLLCHAR", text, Coding::ascii, llll, in_ascii},
    {"IFA_LLLLLCHAR", text, Coding::ascii, lllll, in_ascii},
    {"IFA_LLLLLLCHAR", text, Coding::ascii, llllll, in_ascii},
    {"IFA_LLNUM", numeric, Coding::ascii, ll, in_ascii},
    {"IFA_LLLNUM", numeric, Coding::ascii, lll, in_ascii},
    {"IFA_LBINARY", binary, Coding::raw, l, in_ascii},
    {"IFA_LLBINARY", binary, Coding::raw, ll, in_ascii},
    {"IFA_LLLBINARY", binary, Coding::raw, lll, in_ascii},
    {"IFA_LLLLBINARY", binary, Coding::raw, llll, in_ascii},
    {"IFA_LLLLLBINARY", binary, Coding::raw, lllll, in_ascii},
    {"IFA_LLLLLLBINARY", binary, Coding::raw, llllll, in_ascii},
    {"IFA_LLABINARY", binary, Coding::hex, ll, in_ascii, value_bytes},
    {"IFA_LLLABINARY", binary, Coding::hex, lll, in_ascii, value_bytes},
    {.name = "IFA_LLBNUM",
     .kind = numeric,
     .coding = Coding::bcd,
     .length = ll,
     .pad = zero_by_attr,
     .remark = counts_are_even},
    {"IFAE_LLCHAR", text, Coding::ebcdic, ll, in_ascii},

    // count in packed digits
    {"IFB_LLCHAR", text, Coding::ascii, ll, in_bcd},
    {"IFB_LLLCHAR", text, Coding::ascii, lll, in_bcd},
    {"IFB_LLLLCHAR", text, Coding::ascii, llll, in_bcd},
    {"IFB_LLLLLLCHAR", text, Coding::ascii, llllll, in_bcd},
    {"IFB_LLNUM", numeric, Coding::bcd, ll, in_bcd, characters, zero_by_attr},
    {"IFB_LLLNUM", numeric, Coding::bcd, lll, in_bcd, characters, zero_by_attr},
    {"IFB_FLLNUM", numeric, Coding::bcd, ll, in_bcd, characters, right_f_by_attr},
    {"IFB_FLLLNUM", numeric, Coding::bcd, lll, in_bcd, characters, right_f_by_attr},
    {"IFB_LLBINARY", binary, Coding::raw, ll, in_bcd},
    {"IFB_LLLBINARY", binary, Coding::raw, lll, in_bcd},
    {"IFB_LLLLBINARY", binary, Coding::raw, llll, in_bcd},
    {"IFB_LLHEX", binary, Coding::raw, ll, in_bcd, half_bytes},
    {"IFB_LLLHEX", binary, Coding::raw, llll, in_bcd, half_bytes}, // its two bytes hold four digits

    // count in binary: one byte where the name has LL, two where it has LLL
    {"IFB_LLHCHAR", text, Coding::ascii, l, in_binary},
    {"IFB_LLHECHAR", text, Coding::ebcdic, l, in_binary},
    {"IFB_LLHNUM", numeric, Coding::bcd, l, in_binary, characters, zero_by_attr},
    {"IFB_LLHBINARY", binary, Coding::raw, l, in_binary},
    {"IFB_LLLHCHAR", text, Coding::ascii, ll, in_binary},
    {"IFB_LLLHECHAR", text, Coding::ebcdic, ll, in_binary},
    {"IFB_LLLHNUM", numeric, Coding::bcd, ll, in_binary, characters, zero_by_attr},
    {"IFB_LLLHBINARY", binary, Coding::raw, ll, in_binary},

    // count in EBCDIC digits
    {"IFE_LCHAR", text, Coding::ebcdic, l, in_ebcdic},
    {"IFE_LLCHAR", text, Coding::ebcdic, ll, in_ebcdic},
    {"IFE_LLLCHAR", text, Coding::ebcdic, lll, in_ebcdic},
    {"IFE_LLLLCHAR", text, Coding::ebcdic, llll, in_ebcdic},
    {"IFE_LLNUM", numeric, Coding::ebcdic, ll, in_ebcdic},
    {"IFE_LLLNUM", numeric, Coding::ebcdic, lll, in_ebcdic},
    {"IFE_LBINARY", binary, Coding::raw, l, in_ebcdic},
    {"IFE_LLBINARY", binary, Coding::raw, ll, in_ebcdic},
    {"IFE_LLLBINARY", binary, Coding::raw, lll, in_ebcdic},
    {"IFE_LLLLBINARY", binary, Coding::raw, llll, in_ebcdic},
    {"IFE_LLLEBINARY", text, Coding::ebcdic, lll, in_ebcdic},
    {"IFEA_LLCHAR", text, Coding::ascii, ll, in_ebcdic},
    {"IFEB_LLNUM", numeric, Coding::bcd, ll, in_ebcdic, bytes, right_f},
    {"IFEB_LLLNUM", numeric, Coding::bcd, lll, in_ebcdic, bytes, right_f},

    // parts that begin with their number
    {"IFMC_LLCHAR", text, Coding::ascii, ll, in_ascii, characters, unpacked, 2},
    {"IFMC_LLBINARY", binary, Coding::raw, ll, in_ascii, characters, unpacked, 2},
    {"IFEMC_LLCHAR", text, Coding::ebcdic, ll, in_ascii, characters, unpacked, 2},
    {"IFEMC_LLLCHAR", text, Coding::ebcdic, lll, in_ebcdic, characters, unpacked, 4, Coding::ebcdic},
    {"IFIPM_LLLCHAR", text, Coding::ascii, lll, in_ascii, characters, unpacked, 4},
    {"IFA_TTLCHAR", text, Coding::ascii, l, in_ascii, characters, unpacked, 2},
    {"IFA_TTLLCHAR", text, Coding::ascii, ll, in_ascii, characters, unpacked, 2},
    {"IFA_TTLLLCHAR", text, Coding::ascii, lll, in_ascii, characters, unpacked, 2},
    {"IFA_TTLLLLCHAR", text, Coding::ascii, llll, in_ascii, characters, unpacked, 2},
    {"IFA_TTLBINARY", binary, Coding::raw, l, in_ascii, characters, unpacked, 2},
    {"IFA_TTLLBINARY", binary, Coding::raw, ll, in_ascii, characters, unpacked, 2},
    {"IFA_TTLLLBINARY", binary, Coding::raw, lll, in_ascii, characters, unpacked, 2},
    {"IFA_TTLLLLBINARY", binary, Coding::raw, llll, in_ascii, characters, unpacked, 2},
    {"IFA_TTTLLLCHAR", text, Coding::ascii, lll, in_ascii, characters, unpacked, 3},

    // what no dialect can say
    {.name = "IFA_FLLCHAR", .obstacle = room_behind_count},
    {.name = "IFA_FLLNUM", .obstacle = room_behind_count},
    {.name = "IFB_LLHFBINARY", .obstacle = room_behind_count},
    {.name = "IFEP_LLCHAR", .obstacle = count_in_front_of_tag},
    {.name = "IFEP_LLLCHAR", .obstacle = count_in_front_of_tag},
    {.name = "IFEP_LLLBINARY", .obstacle = count_in_front_of_tag},
    {.name = "IFELPE_LLLCHAR", .obstacle = count_in_front_of_tag},
    {.name = "IF_TCHAR", .obstacle = ends_at_token},
    {.name = "IF_TBASE", .obstacle = ends_at_token},
    {.name = "IF_NOP", .obstacle = takes_nothing},
    {.name = "IFE_SIGNED_NUMERIC", .obstacle = overpunched},
};

struct JposPackager {
    std::string_view name;
    JposCut cut;
};
constexpr JposPackager packagers[] = {
    {"org.jpos.iso.packager.GenericPackager", JposCut::message},
    {"org.jpos.iso.packager.GenericSubFieldPackager", JposCut::parts},
    {"org.jpos.iso.packager.EuroSubFieldPackager", JposCut::tagged_parts},
    {"org.jpos.iso.packager.GenericTaggedFieldsPackager", JposCut::mapped_tags},
    {"org.jpos.tlv.packager.TaggedSequencePackager", JposCut::tokens},
    {"org.jpos.tlv.packager.bertlv.BERTLVBinaryPackager", JposCut::ber_tlv},
    {"org.jpos.iso.packager.ICCDataPackager", JposCut::ber_tlv},
};

constexpr std::string_view number_mappers[] = {
    "org.jpos.iso.packager.DecimalTagMapper",
    "org.jpos.iso.packager.TTDecimalTagMapper",
    "org.jpos.iso.packager.TTTDecimalTagMapper",
};

constexpr std::string_view token_classes = "org.jpos.tlv.packager.IFTA_";

} // namespace

std::string_view name_in_jpos(std::string_view qualified_name)
{
    for (const std::string_view package : {"org.jpos.iso.", "uy.com.cs.jpos.iso."})
        if (qualified_name.starts_with(package)) return qualified_name.substr(package.size());
    return {};
}

std::span<const JposClass> jpos_classes()
{
    return classes;
}

const JposClass* find_jpos_class(std::string_view qualified_name)
{
    const bool has_token = is_jpos_token_class(qualified_name);
    const std::string name = has_token ? "IFA_" + std::string(qualified_name.substr(token_classes.size()))
                                       : std::string(name_in_jpos(qualified_name));
    const auto* found = std::ranges::find(classes, name, &JposClass::name);
    return found == std::end(classes) ? nullptr : found;
}

bool is_jpos_token_class(std::string_view qualified_name)
{
    return qualified_name.starts_with(token_classes);
}

JposCut jpos_cut_of(std::string_view packager)
{
    const auto* found = std::ranges::find(packagers, packager, &JposPackager::name);
    return found == std::end(packagers) ? JposCut::unknown : found->cut;
}

bool is_jpos_number_mapper(std::string_view qualified_name)
{
    return std::ranges::find(number_mappers, qualified_name) != std::end(number_mappers);
}

} // namespace sim
