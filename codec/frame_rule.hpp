/// The framings: how a stream is cut into messages. One row each; what is beside the table reads or writes
/// any row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace codec {

/// A frame is: before, length, behind, message, trailer, checksum; any of them may be absent. A header (TPDU,
/// ...) is part of the message here: see frame_header.hpp.
struct FrameRule {
    enum class Length : std::uint8_t { none, big_endian, little_endian, packed, decimal, hex };
    /// What a byte of `behind` may say instead of zero.
    enum class Mark : std::uint8_t {
        none,
        session,  ///< the last one: 2x is a session-control frame, 0x a message (x: platform)
        fragments ///< the first one: 1 is "more fragments follow", 0 the last
    };

    std::string_view name;
    Length length = Length::big_endian; ///< none: the frame ends at `trailer`
    std::size_t length_bytes = 2;
    std::size_t also_counted = 0; ///< bytes that the length counts beside the message: itself, the trailer
    std::string_view before = {}; ///< fixed bytes in front of the length
    std::string_view behind = {}; ///< fixed bytes between length and message
    std::string_view trailer = {};
    Mark mark = Mark::none;
    bool has_checksum = false;              ///< one byte last: exclusive or of message and trailer (LRC)
    std::size_t message_bytes_max = 65'535; ///< of the framing's own rules

    /// Bytes in front of the message.
    [[nodiscard]] constexpr std::size_t head_bytes() const
    {
        return before.size() + length_bytes + behind.size();
    }
    /// Bytes behind the message.
    [[nodiscard]] constexpr std::size_t tail_bytes() const { return trailer.size() + (has_checksum ? 1 : 0); }
    /// The largest message that the length can say and the rules allow.
    [[nodiscard]] std::size_t carried_bytes_max() const;
};

/// Every framing, in the order of docs/wire_format.md, which shows the bytes of each.
[[nodiscard]] std::span<const FrameRule> frame_rules();

/// "be16", "ascii4-inclusive", ...; null when there is no such framing.
[[nodiscard]] const FrameRule* find_frame_rule(std::string_view name);

/// Why there is no framing of a name that other systems have: "none", "x25", "pad", "gzip". Empty for other
/// names.
[[nodiscard]] std::string_view why_not_served(std::string_view name);

/// The number in a length's bytes, whatever it counts. Nothing when a byte is no digit of this form: no sign,
/// no space.
[[nodiscard]] std::optional<std::size_t> read_length(const FrameRule& rule, const std::uint8_t* bytes);

/// Writes length_bytes bytes. The number must fit.
void write_length(const FrameRule& rule, std::size_t number, std::uint8_t* bytes);

} // namespace codec
