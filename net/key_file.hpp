#pragma once

#include "codec/wiped_bytes.hpp"

#include <filesystem>
#include <stdexcept>

namespace net {

/// A key file cannot be used; what() names it and says why, and never shows the key.
struct KeyFileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads a key: hexadecimal digits and white space, 1,024 characters at most, readable by its owner only.
/// throws   KeyFileError
[[nodiscard]] codec::WipedBytes read_key_file(const std::filesystem::path& path);

} // namespace net
