#pragma once

#include <array>
#include <cstdint>

namespace codec {

/// Digit 0 of every EBCDIC code page; the others follow it.
inline constexpr std::uint8_t ebcdic_zero = 0xF0;

/// Four ASCII digits as EBCDIC digits, and the other way round; what was no digit becomes none.
[[nodiscard]] inline std::uint32_t turned_ebcdic_digits(std::uint32_t four)
{
    return four ^ (ebcdic_zero ^ std::uint32_t{'0'}) * 0x01010101;
}

/// A single-byte code page: every EBCDIC byte has one ISO 8859-1 byte and back, so that text survives both
/// ways.
struct CodePage {
    std::array<std::uint8_t, 256> to_latin_1{};
    std::array<std::uint8_t, 256> from_latin_1{};
};

/// IBM code page 1047, "Latin-1, open systems".
extern const CodePage code_page_1047;
/// IBM code page 500, "international". Differs from 1047 in [ ] ! | and four others.
extern const CodePage code_page_500;

} // namespace codec
