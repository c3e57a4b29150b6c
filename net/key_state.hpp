#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace net {

/// A key as a network sends it: under the zone key, beside its check value. Hexadecimal digits.
struct WrappedKey {
    std::string key;
    std::string check;

    friend bool operator==(const WrappedKey&, const WrappedKey&) = default;
};

/// How far the working key of a link has come, for the next process. No key stands there in clear.
struct KeyState {
    std::string origin;                ///< check values of the key files that it began with
    std::optional<WrappedKey> working; ///< none: still the one of the key file
    std::optional<WrappedKey> next;    ///< offered, and no message has come under it yet
    std::vector<std::string> spent;    ///< SHA-256 of keys that were replaced, in hexadecimal; oldest first

    friend bool operator==(const KeyState&, const KeyState&) = default;
};

/// returns  nothing when there is no such file yet
/// throws   KeyFileError: it cannot be read, or is something else
[[nodiscard]] std::optional<KeyState> read_key_state(const std::filesystem::path& path);

/// A state to be written, and what tells it from earlier ones of the same link.
struct KeyKeeping {
    std::filesystem::path file;
    KeyState state;
    std::uint64_t version = 0;
};
enum class Kept : std::uint8_t {
    yes, ///< the disk has it
    no,  ///< it could not be written: a restart would begin with older keys
};

/// Puts it in the place of what was there, whole or not at all, and waits until the disk has it.
[[nodiscard]] Kept keep(const KeyKeeping& keeping);

} // namespace net
