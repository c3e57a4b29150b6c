/// Texts of command lines that CLI11 knows nothing about.
#pragma once

#include "sim/wire.hpp"

#include <chrono>
#include <string>

namespace sim {

/// "250ms", "5s", "9h": above zero, at most 30 days.
/// option   for the message
/// throws   std::invalid_argument
[[nodiscard]] std::chrono::milliseconds duration_option(const std::string& option, const std::string& text);

/// By the names of codec/frame_rule.hpp and codec/frame_header.hpp.
/// throws   InputError with the names there are
[[nodiscard]] WireForm wire_form_named(const std::string& framing, const std::string& header);

} // namespace sim
