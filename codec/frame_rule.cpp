#include "codec/frame_rule.hpp"

#include "codec/coding.hpp"

#include <algorithm>
#include <cassert>

namespace codec {

namespace {

using namespace std::string_view_literals;
using Length = FrameRule::Length;
using Mark = FrameRule::Mark;

constexpr FrameRule rules[] = {
    // two bytes and more, binary
    {.name = "be16"},
    {.name = "be16-inclusive", .also_counted = 2},
    {.name = "le16", .length = Length::little_endian},
    {.name = "be24", .length_bytes = 3},
    {.name = "be32", .length_bytes = 4},
    {.name = "be32-inclusive", .length_bytes = 4, .also_counted = 4},
    // with fixed bytes around the length
    {.name = "be16-zeros", .behind = "\0\0"sv, .mark = Mark::session, .message_bytes_max = 2'048},
    {.name = "be16-zeros-long", .behind = "\0\0"sv},
    {.name = "zeros-be16", .before = "\0\0"sv},
    {.name = "rbp", .before = "\xD0\x4A"sv, .behind = "\0\0"sv, .mark = Mark::fragments},
    // digits
    {.name = "bcd2", .length = Length::packed},
    {.name = "hex4", .length = Length::hex, .length_bytes = 4},
    {.name = "ascii3", .length = Length::decimal, .length_bytes = 3},
    {.name = "ascii4", .length = Length::decimal, .length_bytes = 4},
    {.name = "ascii5", .length = Length::decimal, .length_bytes = 5},
    {.name = "ascii6", .length = Length::decimal, .length_bytes = 6},
    {.name = "ascii3-inclusive", .length = Length::decimal, .length_bytes = 3, .also_counted = 3},
    {.name = "ascii4-inclusive", .length = Length::decimal, .length_bytes = 4, .also_counted = 4},
    {.name = "ascii5-inclusive", .length = Length::decimal, .length_bytes = 5, .also_counted = 5},
    {.name = "ascii6-inclusive", .length = Length::decimal, .length_bytes = 6, .also_counted = 6},
    {.name = "ascii5-crlf", .length = Length::decimal, .length_bytes = 5, .behind = "\r\n"sv},
    // ended by ETX
    {.name = "be16-etx", .also_counted = 1, .trailer = "\x03"sv},
    {.name = "etx", .length = Length::none, .length_bytes = 0, .trailer = "\x03"sv},
    {.name = "stx-etx-lrc",
     .length = Length::none,
     .length_bytes = 0,
     .before = "\x02"sv,
     .trailer = "\x03"sv,
     .has_checksum = true},
};

struct Refused {
    std::string_view name;
    std::string_view why;
};

constexpr std::string_view no_frame =
    "one read = one message: TCP cuts a stream where it likes, so that nothing tells where a message ends";
constexpr Refused refused[] = {
    {"none", no_frame},
    {"x25", no_frame},
    {"pad", no_frame},
    {"gzip", "a compressed message says nothing about the memory that it needs"},
};

/// How many values one byte of a length can have.
std::size_t base_of(Length length)
{
    switch (length) {
    case Length::none:
        return 1;
    case Length::big_endian:
    case Length::little_endian:
        return 256;
    case Length::packed:
        return 100;
    case Length::decimal:
        return 10;
    case Length::hex:
        return 16;
    }
    return 1;
}

/// What one byte says; at least the base when it is no digit.
std::size_t value_of(Length length, std::uint8_t byte)
{
    constexpr std::size_t none = 256;
    switch (length) {
    case Length::packed:
        return (byte >> 4) > 9 || (byte & 0xF) > 9 ? none : (byte >> 4) * 10U + (byte & 0xFU);
    case Length::decimal:
        return byte >= '0' && byte <= '9' ? byte - std::size_t{'0'} : none;
    case Length::hex:
        return nibble_of_hex_digit(byte) < 0 ? none : static_cast<std::size_t>(nibble_of_hex_digit(byte));
    default:
        return byte;
    }
}

std::uint8_t byte_of(Length length, std::size_t value)
{
    switch (length) {
    case Length::packed:
        return static_cast<std::uint8_t>(value / 10 << 4 | value % 10);
    case Length::decimal:
        return static_cast<std::uint8_t>('0' + value);
    case Length::hex:
        return static_cast<std::uint8_t>("0123456789abcdef"[value]); // lower case: what peers write
    default:
        return static_cast<std::uint8_t>(value);
    }
}

/// Where the i-th most significant byte of a length stands.
std::size_t place_of(const FrameRule& rule, std::size_t i)
{
    return rule.length == Length::little_endian ? rule.length_bytes - 1 - i : i;
}

} // namespace

std::size_t FrameRule::carried_bytes_max() const
{
    if (length == Length::none) return message_bytes_max;
    std::size_t numbers = 1;
    for (std::size_t i = 0; i < length_bytes; ++i) numbers *= base_of(length);
    return std::min(message_bytes_max, numbers - 1 - also_counted);
}

std::span<const FrameRule> frame_rules()
{
    return rules;
}

const FrameRule* find_frame_rule(std::string_view name)
{
    const auto* found = std::find_if(std::begin(rules), std::end(rules),
                                     [&](const FrameRule& rule) { return rule.name == name; });
    return found == std::end(rules) ? nullptr : found;
}

std::string_view why_not_served(std::string_view name)
{
    for (const Refused& row : refused)
        if (row.name == name) return row.why;
    return {};
}

std::optional<std::size_t> read_length(const FrameRule& rule, const std::uint8_t* bytes)
{
    const std::size_t base = base_of(rule.length);
    std::size_t number = 0;
    for (std::size_t i = 0; i < rule.length_bytes; ++i) {
        const std::size_t value = value_of(rule.length, bytes[place_of(rule, i)]);
        if (value >= base) return std::nullopt;
        number = number * base + value;
    }
    return number;
}

void write_length(const FrameRule& rule, std::size_t number, std::uint8_t* bytes)
{
    const std::size_t base = base_of(rule.length);
    for (std::size_t i = rule.length_bytes; i > 0; --i) {
        bytes[place_of(rule, i - 1)] = byte_of(rule.length, number % base);
        number /= base;
    }
    assert(number == 0);
}

} // namespace codec
