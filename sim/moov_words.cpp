#include "sim/moov_words.hpp"

#include "codec/hex.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace sim {

namespace {

using codec::Coding;
using codec::FieldKind;
using codec::LengthCoding;
using codec::LengthCounts;
using codec::LengthForm;
using codec::Pad;

constexpr auto characters = LengthCounts::characters;

constexpr MoovCoding codings[] = {
    {"ASCII", FieldKind::text, Coding::ascii},
    {"LenientASCII", FieldKind::text, Coding::ascii},
    {"EBCDIC", FieldKind::text, Coding::ebcdic_500}, // its table is that of code page 500 but for rare signs
    {"EBCDIC1047", FieldKind::text, Coding::ebcdic},
    {"BCD", FieldKind::numeric, Coding::bcd, characters, Pad::left_0},
    {"LBCD", FieldKind::numeric, Coding::bcd, characters, Pad::right_0},
    {"PackedBCDHex", FieldKind::nibbles, Coding::bcd, characters, Pad::left_0},
    {"Track2BCD", FieldKind::track, Coding::bcd, characters, Pad::left_0, 'D'},
    {"Binary", FieldKind::binary, Coding::raw},
    {"HexToASCII", FieldKind::binary, Coding::hex, LengthCounts::value_bytes},
    {"Hex", FieldKind::binary, Coding::hex, LengthCounts::value_bytes}, // the older name of HexToASCII
    {.name = "ASCIIToHex", .kind = FieldKind::binary, .coding = Coding::raw, .is_hex_in_memory = true},
};

struct PrefixFamily {
    std::string_view name;
    LengthCoding coding;
    std::size_t digits_of_l; ///< that one L stands for
};
constexpr PrefixFamily prefix_families[] = {
    {"ASCII", LengthCoding::ascii, 1},       {"EBCDIC", LengthCoding::ebcdic, 1},
    {"EBCDIC1047", LengthCoding::ebcdic, 1}, {"BCD", LengthCoding::bcd, 1},
    {"Hex", LengthCoding::hex, 2},           {"Binary", LengthCoding::binary, 1},
};

constexpr LengthForm length_forms[] = {LengthForm::fixed, LengthForm::l,    LengthForm::ll,
                                       LengthForm::lll,   LengthForm::llll, LengthForm::lllll,
                                       LengthForm::llllll};

struct FillWord {
    std::string_view type;
    std::string_view pad;
    codec::Fill fill;
};
constexpr FillWord fills[] = {
    {"Left", "0", codec::Fill::left_zeros},
    {"Left", " ", codec::Fill::left_spaces},
    {"Right", " ", codec::Fill::right_spaces},
    {"Right", "0", codec::Fill::right_zeros},
};

} // namespace

const MoovCoding* find_moov_coding(std::string_view enc)
{
    const auto* found = std::ranges::find(codings, enc, &MoovCoding::name);
    return found == std::end(codings) ? nullptr : found;
}

std::optional<FieldKind> moov_kind(std::string_view type, const MoovCoding& coding)
{
    const bool is_text = coding.kind == FieldKind::text;
    if (type == "String" || type == "Track1") return coding.kind;
    if (type == "Numeric") return is_text || coding.coding == Coding::raw ? FieldKind::numeric : coding.kind;
    if (type == "Track2" || type == "Track3")
        return is_text || coding.kind == FieldKind::numeric ? FieldKind::track : coding.kind;
    if (type == "Binary") return coding.coding == Coding::ascii ? FieldKind::binary : coding.kind;
    if (type == "Hex" && coding.kind == FieldKind::binary) return FieldKind::binary;
    return std::nullopt;
}

std::optional<MoovPrefix> moov_prefix(std::string_view prefix)
{
    if (prefix == "BerTLV") return MoovPrefix{LengthForm::rest, LengthCoding::ascii};
    const std::size_t dot = prefix.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto* family = std::ranges::find(prefix_families, prefix.substr(0, dot), &PrefixFamily::name);
    if (family == std::end(prefix_families)) return std::nullopt;
    const std::string_view form = prefix.substr(dot + 1);
    if (form == "Fixed") return MoovPrefix{LengthForm::fixed, LengthCoding::ascii};
    const std::size_t digits = form.size() * family->digits_of_l;
    const bool is_known = !form.empty() && form.find_first_not_of('L') == std::string_view::npos;
    if (!is_known || digits >= std::size(length_forms)) return std::nullopt;
    return MoovPrefix{length_forms[digits], family->coding};
}

std::optional<codec::Fill> moov_fill(std::string_view type, std::string_view pad)
{
    const auto* found = std::ranges::find_if(
        fills, [&](const FillWord& word) { return word.type == type && word.pad == pad; });
    return found == std::end(fills) ? std::nullopt : std::optional(found->fill);
}

std::optional<codec::BitmapForm> moov_bitmap_form(std::string_view enc)
{
    if (enc == "Binary") return codec::BitmapForm::binary;
    if (enc == "HexToASCII" || enc == "Hex") return codec::BitmapForm::hex;
    return std::nullopt;
}

std::optional<std::uint64_t> moov_key_number(std::string_view key, int base)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number, base);
    if (key.empty() || error != std::errc() || end != key.data() + key.size()) return std::nullopt;
    return number;
}

std::optional<std::string> upper_case_hex(std::string_view digits)
{
    const auto bytes = codec::bytes_of_hex(digits);
    return bytes && !bytes->empty() ? std::optional(codec::hex_of(*bytes)) : std::nullopt;
}

} // namespace sim
