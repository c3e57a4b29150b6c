#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace codec {

/// Two upper-case digits for each byte.
[[nodiscard]] std::string hex_of(std::string_view bytes);

/// The bytes of an even number of hex digits of either case, without spaces; nothing when it is anything
/// else.
[[nodiscard]] std::optional<std::string> bytes_of_hex(std::string_view hex);

} // namespace codec
