#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace store {

[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view text);
/// SHA-256 as 64 hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view text);

/// Fills with bytes that nobody can guess.
/// throws   std::runtime_error when the system has no randomness
void fill_random(std::uint8_t* bytes, std::size_t count);

} // namespace store
