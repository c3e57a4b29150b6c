#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace net {

/// SHA-256. Thread-safe.
/// throws   std::runtime_error when OpenSSL has none
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view bytes);

} // namespace net
