#pragma once

#include "codec/dialect.hpp"
#include "codec/error.hpp"
#include "codec/message.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace codec {

/// No framing can carry more.
inline constexpr std::size_t message_bytes_limit = 65'535;

/// Writes one message, without its frame header, behind what `out` holds. An echoed element keeps its wire
/// bytes. Numbers are zero-filled on the left and text space-filled on the right up to a fixed length.
/// returns  nothing, or the first Error; then `out` is as it was.
[[nodiscard]] Result<void> encode(const Dialect& dialect, const Message& message,
                                  std::vector<std::uint8_t>& out);

} // namespace codec
