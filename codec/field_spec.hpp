#pragma once

#include <cstdint>
#include <string>

namespace codec {

/// What an element holds (DOMAIN 1.3).
enum class FieldKind : std::uint8_t {
    none,    ///< not defined: its bit is a format error
    numeric, ///< n
    alpha,   ///< a
    alnum,   ///< an
    text,    ///< ans: any bytes
    track,   ///< z: digits, = and D
    binary,  ///< b: raw bytes
    amount,  ///< x+n: C or D, then digits
};

enum class LengthForm : std::uint8_t { fixed, ll, lll };

enum class Coding : std::uint8_t { ascii, bcd, raw, hex };

/// What a log may show of it.
enum class LogRule : std::uint8_t { clear, pan, never };

/// One row of a dialect's table.
struct FieldSpec {
    std::string name;
    FieldKind kind = FieldKind::none;
    LengthForm length = LengthForm::fixed;
    std::uint16_t max = 0;                ///< characters, an amount's sign included; bytes for binary
    Coding coding = Coding::ascii;        ///< of the value
    Coding length_coding = Coding::ascii; ///< of the length prefix: ascii or bcd
    LogRule log = LogRule::clear;
};

/// True when the parts fit each other: for example no bcd coding of letters.
[[nodiscard]] bool is_well_formed(const FieldSpec& spec);
/// What does not fit and what is expected, for the reader of a dialect file; empty when the row is well
/// formed.
[[nodiscard]] std::string what_is_wrong(const FieldSpec& spec);

} // namespace codec
