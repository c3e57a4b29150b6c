#pragma once

#include "codec/dialect.hpp"
#include "codec/error.hpp"
#include "codec/message.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace codec {

/// Reads one message, without its frame header.
/// wire     MTI, bitmaps, data elements; at most 65,535 bytes. The message is a view over it and the dialect.
/// message  what was in it is forgotten, its memory is used again. After an error it holds what was read.
/// returns  nothing, or the first Error: which data element, at which byte.
/// throws   nothing but std::bad_alloc.
/// source   ISO 8583:1987, DOMAIN 1; deviations are in codec/dialects/.
[[nodiscard]] Result<void> decode(const Dialect& dialect, std::span<const std::uint8_t> wire,
                                  Message& message);
/// The same into a new message.
[[nodiscard]] Result<Message> decode(const Dialect& dialect, std::span<const std::uint8_t> wire);

/// What could be read of a message that does not decode, for the answer to a format error (DOMAIN 2.2). When
/// only characters are wrong and all lengths add up to the message's end: every element but the wrong ones.
/// Otherwise MTI and the elements before the first wrong one, since what follows may be shifted. Without an
/// MTI the result's MTI is 0000. A view, like what decode() gives.
[[nodiscard]] Message decode_readable_part(const Dialect& dialect, std::span<const std::uint8_t> wire);

/// A view over bytes that end with the statement would be of no use.
Result<void> decode(const Dialect& dialect, std::vector<std::uint8_t>&& wire, Message& message) = delete;
Result<Message> decode(const Dialect& dialect, std::vector<std::uint8_t>&& wire) = delete;
Message decode_readable_part(const Dialect& dialect, std::vector<std::uint8_t>&& wire) = delete;

} // namespace codec
