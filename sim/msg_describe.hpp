/// A message for people.
#pragma once

#include "codec/describe.hpp"
#include "sim/msg_reading.hpp"

#include <string>

namespace sim {

/// A line per element and part with its bytes, and what is wrong with a message that does not decode.
[[nodiscard]] std::string text_of(const Reading& reading, codec::Show show);

/// The bytes around a place in hex, and a caret under it. Masked, only bytes are shown that are known to hold
/// no card data: those of MTI, bitmap and elements that are shown whole.
[[nodiscard]] std::string place_in_hex(const Reading& reading, std::size_t offset, codec::Show show);

} // namespace sim
