/// What stands around the messages of a link: frame and header.
#pragma once

#include "codec/dialect.hpp"
#include "codec/frame_header.hpp"
#include "codec/framing.hpp"
#include "codec/message.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace net {

enum class KeepAlive : std::uint8_t {
    ignore, ///< an empty frame, or one for session control, gets no answer
    echo,   ///< it is sent back as it is
};

struct Envelope {
    codec::Framing framing;
    codec::HeaderKind header = codec::HeaderKind::none;
    KeepAlive keep_alive = KeepAlive::ignore;
};

/// An answer in the making: what is echoed, and what its header is made from.
struct Draft {
    codec::Message message;
    codec::HeaderBytes request_header;
    int wrong_element = 0; ///< that the answer complains about; 0 when it does not
    std::optional<std::chrono::steady_clock::time_point>
        first_byte{}; ///< of the request; none: it is in hand
};

/// Either the bytes to send, or why there are none: the place in the message, without a value.
struct Wrapped {
    std::vector<std::uint8_t> frame;
    std::string why;
};

[[nodiscard]] Wrapped wrap(const Envelope& envelope, const codec::Dialect& dialect, const Draft& answer);
/// A request of our own: its header is made from nothing.
[[nodiscard]] Wrapped wrap_request(const Envelope& envelope, const codec::Dialect& dialect,
                                   const codec::Message& request);

} // namespace net
