#pragma once

#include <exception>
#include <string_view>

namespace codec {

/// A condition inside toml++ does not hold.
struct TomlAssertion : std::exception {
    [[nodiscard]] const char* what() const noexcept override { return "toml++ met what it did not expect"; }
};
/// throws   TomlAssertion
[[noreturn]] void toml_assertion_failed();

} // namespace codec

// Version 3.3 of toml++ ends the program where one of its conditions does not hold, and some texts bring that
// about
// ("[=", "a=[}"). Everybody includes it through this header, so that an exception is thrown instead
// everywhere.
#define TOML_ASSERT(condition) (static_cast<bool>(condition) ? void() : ::codec::toml_assertion_failed())
#include <toml++/toml.h>

namespace codec {

/// toml::parse() for any text that a user may write.
/// throws   toml::parse_error, also for texts that toml++ itself cannot refuse
[[nodiscard]] toml::table parse_any_toml(std::string_view text, std::string_view file_name);

} // namespace codec
