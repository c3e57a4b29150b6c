#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace codec {

struct Structure;

/// What an element holds (DOMAIN 1.3).
enum class FieldKind : std::uint8_t {
    none,    ///< not defined: its bit is a format error
    numeric, ///< n
    alpha,   ///< a
    alnum,   ///< an
    text,    ///< ans: any bytes
    track,   ///< z: digits, = and D
    nibbles, ///< hex digits, packed two in a byte: for senders who pack more than digits
    binary,  ///< b: raw bytes
    amount,  ///< x+n: C or D, then digits
};

inline constexpr std::size_t field_kind_count = static_cast<std::size_t>(FieldKind::amount) + 1;

/// Digits of the count in front of a value: the enumerator's number.
enum class LengthForm : std::uint8_t {
    fixed,
    l,
    ll,
    lll,
    llll,
    lllll,
    llllll,
    rest, ///< no count: everything up to the end of what encloses it. Only for parts of a structure
};

/// How a value is written.
enum class Coding : std::uint8_t {
    ascii,
    ebcdic,     ///< code page 1047
    ebcdic_500, ///< code page 500: differs in [ ] ! | and four others
    bcd,        ///< two digits in a byte
    raw,
    hex,        ///< two ASCII hex digits for a byte
    ebcdic_hex, ///< two EBCDIC hex digits for a byte
};

/// How the count in front of a value is written.
enum class LengthCoding : std::uint8_t {
    ascii,
    ebcdic,
    bcd,    ///< two digits in a byte: lll takes two bytes
    binary, ///< a big-endian number: l takes one byte, ll two
    hex,    ///< ASCII hex digits
};

/// What the count counts.
enum class LengthCounts : std::uint8_t {
    characters, ///< as written: digits of a packed number, hex digits of hex text, bytes of all else
    bytes,      ///< on the wire, behind the count
    nibbles,    ///< half bytes on the wire, without a pad nibble
    value_bytes ///< of a binary value, however many hex digits it takes
};

/// Where the spare half byte of an odd number of packed digits stands, and what is in it.
enum class Pad : std::uint8_t { left_0, left_f, right_0, right_f };

/// What a value is filled up with that is not a part of it: taken away when read, added when written.
/// `none` keeps what stands on the wire; a short value is still written zero-filled (numbers) or
/// space-filled.
enum class Fill : std::uint8_t { none, left_zeros, left_spaces, right_spaces, right_zeros };

/// What a log may show of it.
enum class LogRule : std::uint8_t { clear, pan, never };

/// Characters of a fixed field; what fills one up is made in a buffer of this size.
inline constexpr std::size_t fixed_max = 9999;

/// One row of a dialect's table, and one part of a structure: a cache line each.
struct FieldSpec {
    std::string name{};
    FieldKind kind = FieldKind::none;
    LengthForm length = LengthForm::fixed;
    std::uint16_t max = 0; ///< characters of the value, an amount's sign included; bytes for binary
    Coding coding = Coding::ascii;
    LengthCoding length_coding = LengthCoding::ascii;
    LengthCounts length_counts = LengthCounts::characters;
    bool length_includes_itself = false;
    Pad pad = Pad::left_0;
    Fill fill = Fill::none;
    LogRule log = LogRule::clear;
    char separator = '='; ///< of track data: what nibble D is read as, '=' or 'D'
    std::shared_ptr<const Structure> structure = nullptr; ///< null: the value has no parts
};

/// What does not fit and what is expected, for the reader of a dialect file; empty when the row is well
/// formed: for example no bcd coding of letters.
[[nodiscard]] std::string what_is_wrong(const FieldSpec& spec);

} // namespace codec
