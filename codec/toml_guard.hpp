#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace codec {

/// A place in a TOML text.
struct TomlPlace {
    std::uint32_t line = 1;
    std::uint32_t column = 1; ///< in bytes
};

/// Finds the first character outside ASCII that stands neither in quotes nor in a comment, or in quotes
/// behind a backslash. TOML allows none there, and toml++ 3.3 has no defined behaviour when it takes one for
/// white space. Or a point behind 200 others on its line, where a key would nest too deeply for it.
/// returns  nothing when the text may be parsed, which does not mean that it is right
[[nodiscard]] std::optional<TomlPlace> find_stray_character(std::string_view toml);

} // namespace codec
