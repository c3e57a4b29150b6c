/// The header of a request, as long as it can say how long the message is.
#pragma once

#include "codec/frame_header.hpp"

#include <cstddef>
#include <optional>

namespace sim {

/// returns  nothing when the message, from its MTI on, is too long for this header
[[nodiscard]] inline std::optional<codec::HeaderBytes> request_header(codec::HeaderKind kind,
                                                                      std::size_t message_bytes)
{
    if (kind == codec::HeaderKind::none) return codec::HeaderBytes();
    const std::size_t header_bytes = codec::make_request_header(kind, 0).size();
    if (header_bytes + message_bytes > codec::headed_bytes_max(kind)) return std::nullopt;
    return codec::make_request_header(kind, message_bytes);
}

} // namespace sim
