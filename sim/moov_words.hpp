/// The words of moov-io/iso8583's specifications, and what they mean on the wire: tables, from its
/// documentation and sources.
#pragma once

#include "codec/bitmap.hpp"
#include "codec/field_spec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sim {

/// "enc": how a value is written.
struct MoovCoding {
    std::string_view name;
    codec::FieldKind kind = codec::FieldKind::text; ///< where "type" says nothing else
    codec::Coding coding = codec::Coding::ascii;
    codec::LengthCounts length_counts = codec::LengthCounts::characters;
    codec::Pad pad = codec::Pad::left_0;
    char separator = '\0';         ///< of track data
    bool is_hex_in_memory = false; ///< programs see hex digits, the wire has bytes
};

/// null when it is not known
[[nodiscard]] const MoovCoding* find_moov_coding(std::string_view enc);

/// Kind of a field of this "type"; nothing when the two do not go together or the type is not known.
[[nodiscard]] std::optional<codec::FieldKind> moov_kind(std::string_view type, const MoovCoding& coding);

/// "prefix": "ASCII.LL", "Binary.Fixed", "BerTLV".
struct MoovPrefix {
    codec::LengthForm length = codec::LengthForm::fixed; ///< of BerTLV: rest
    codec::LengthCoding coding = codec::LengthCoding::ascii;
};
[[nodiscard]] std::optional<MoovPrefix> moov_prefix(std::string_view prefix);

/// "padding"
[[nodiscard]] std::optional<codec::Fill> moov_fill(std::string_view type, std::string_view pad);

/// "enc" of a bitmap
[[nodiscard]] std::optional<codec::BitmapForm> moov_bitmap_form(std::string_view enc);

/// A key by which fields are sorted. Nothing when it is no number of this base.
[[nodiscard]] std::optional<std::uint64_t> moov_key_number(std::string_view key, int base);

/// Nothing when the text is no even number of hex digits.
[[nodiscard]] std::optional<std::string> upper_case_hex(std::string_view digits);

} // namespace sim
