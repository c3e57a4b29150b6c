#pragma once

#include "codec/dialect.hpp"
#include "codec/structure.hpp"
#include "codec/toml_reader.hpp"

namespace codec {

// The words of a dialect file.

inline constexpr Word<FieldKind> kind_words[] = {
    {"numeric", FieldKind::numeric}, {"alpha", FieldKind::alpha},   {"alnum", FieldKind::alnum},
    {"text", FieldKind::text},       {"track", FieldKind::track},   {"nibbles", FieldKind::nibbles},
    {"binary", FieldKind::binary},   {"amount", FieldKind::amount},
};

inline constexpr Word<LengthForm> length_words[] = {
    {"fixed", LengthForm::fixed},   {"l", LengthForm::l},       {"ll", LengthForm::ll},
    {"lll", LengthForm::lll},       {"llll", LengthForm::llll}, {"lllll", LengthForm::lllll},
    {"llllll", LengthForm::llllll}, {"rest", LengthForm::rest},
};

inline constexpr Word<Coding> coding_words[] = {
    {"ascii", Coding::ascii},
    {"ebcdic", Coding::ebcdic},
    {"ebcdic-500", Coding::ebcdic_500},
    {"bcd", Coding::bcd},
    {"raw", Coding::raw},
    {"hex", Coding::hex},
    {"ebcdic-hex", Coding::ebcdic_hex},
};

inline constexpr Word<LengthCoding> length_coding_words[] = {
    {"ascii", LengthCoding::ascii},   {"ebcdic", LengthCoding::ebcdic}, {"bcd", LengthCoding::bcd},
    {"binary", LengthCoding::binary}, {"hex", LengthCoding::hex},
};

inline constexpr Word<LengthCounts> length_counts_words[] = {
    {"characters", LengthCounts::characters},
    {"bytes", LengthCounts::bytes},
    {"nibbles", LengthCounts::nibbles},
    {"value bytes", LengthCounts::value_bytes},
};

inline constexpr Word<Pad> pad_words[] = {
    {"left 0", Pad::left_0}, {"left F", Pad::left_f}, {"right 0", Pad::right_0}, {"right F", Pad::right_f}};

inline constexpr Word<Fill> fill_words[] = {
    {"none", Fill::none},
    {"left 0", Fill::left_zeros},
    {"left space", Fill::left_spaces},
    {"right space", Fill::right_spaces},
    {"right 0", Fill::right_zeros},
};

inline constexpr Word<char> separator_words[] = {{"=", '='}, {"D", 'D'}};

inline constexpr Word<LogRule> log_words[] = {
    {"clear", LogRule::clear}, {"pan", LogRule::pan}, {"never", LogRule::never}};

inline constexpr Word<DigitsForm> digits_words[] = {
    {"ascii", DigitsForm::ascii}, {"ebcdic", DigitsForm::ebcdic}, {"bcd", DigitsForm::bcd}};

inline constexpr Word<BitmapForm> bitmap_words[] = {
    {"hex", BitmapForm::hex}, {"binary", BitmapForm::binary}, {"ebcdic-hex", BitmapForm::ebcdic_hex}};

inline constexpr Word<bool> bitmaps_words[] = {{"announced", false}, {"always-two", true}};

inline constexpr Word<FirstBit> bit_1_words[] = {
    {"set", FirstBit::set}, {"announces", FirstBit::announces}, {"clear", FirstBit::clear}};

inline constexpr Word<std::optional<StructureForm>> structure_words[] = {
    {"positional", StructureForm::positional},
    {"bitmap", StructureForm::bitmap},
    {"ber-tlv", StructureForm::ber_tlv},
    {"tlv", StructureForm::tlv},
    {"none", std::nullopt}, // what was inherited had one
};

} // namespace codec
