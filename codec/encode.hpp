#pragma once

#include "codec/dialect.hpp"
#include "codec/error.hpp"
#include "codec/message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace codec {

/// Writes one message, without its frame header, to the front of `out`. An echoed or decoded element keeps
/// its wire bytes, so both must be of this dialect. Numbers are zero-filled on the left and text space-filled
/// on the right up to a fixed length.
/// returns  the bytes written, or the first Error (too_large when `out` ends); then what is in `out` is of no use
[[nodiscard]] Result<std::size_t> encode(const Dialect& dialect, const Message& message,
                                         std::span<std::uint8_t> out);

/// Appends the message to `out`; after an error `out` is as it was.
[[nodiscard]] Result<void> encode(const Dialect& dialect, const Message& message,
                                  std::vector<std::uint8_t>& out);

} // namespace codec
