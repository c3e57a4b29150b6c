#pragma once

#include <string>
#include <string_view>

namespace net {

/// A private key, or the digits of a symmetric one, where the name of a file is expected.
[[nodiscard]] bool looks_like_key(std::string_view text);

/// The same text with "***" for each password of a database url or connection string. Hides too much rather
/// than too little. Quotes around the whole stay.
[[nodiscard]] std::string without_passwords(std::string_view text);

} // namespace net
