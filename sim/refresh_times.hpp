/// The times inside a message, moved together.
#pragma once

#include "codec/message.hpp"
#include "sim/capture.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sim {

/// DE7, 12 and 13 by the offset; DE15, 16 and 17 by as many days as DE7's date moves (DE13 when there is no
/// DE7). What is no time stays as it is.
/// near     gives the year, which is not written
void move_times(codec::Message& message, std::chrono::seconds offset, WallTime near);

/// The moment of MMDDhhmmss; nothing when it is none.
[[nodiscard]] std::optional<std::chrono::sys_seconds> moment_of(std::string_view stamp, WallTime near);

/// MMDDhhmmss moved by an offset.
[[nodiscard]] std::string moved_stamp(std::string_view stamp, std::chrono::seconds offset, WallTime near);

} // namespace sim
