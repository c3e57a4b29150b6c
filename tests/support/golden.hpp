#pragma once

#include "codec/decode.hpp"
#include "codec/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace golden {

struct ExpectedError {
    codec::Errc code{};
    int de = 0;
};

/// One file of tests/golden/<dialect>: a message's bytes and what must be read from them. In the file a line
/// is hex digits with a comment behind '#', or an expectation:
///     expect mti 0200
///     expect 42 "SHOP 1         "      value; bytes that are not printable, '"' and '\' as \xNN
///     expect 62.2 "000123"             value of a part, with its path; binary as bytes
///     expect error truncated 55        code and element; then there are no other expectations
///     expect canonical no              what is sent for it differs from these bytes
struct GoldenMessage {
    std::string id; ///< file name without extension: "0200-sale"
    std::vector<std::uint8_t> bytes;
    std::string mti;
    std::vector<std::pair<int, std::string>> elements;
    std::vector<std::pair<std::string, std::string>> parts; ///< path "62.2" and value
    std::optional<ExpectedError> error;
    bool is_canonical = true;
};

/// Every message of a dialect, in the order of their names.
/// throws   std::runtime_error with file and line when a file is wrong or there is none
[[nodiscard]] std::vector<GoldenMessage> golden_messages(std::string_view dialect);

/// A built-in dialect, or codec/dialects/<name>.toml.
[[nodiscard]] std::shared_ptr<const codec::Dialect> golden_dialect(std::string_view name);

[[nodiscard]] std::filesystem::path source_folder();
/// codec/dialects of the sources.
[[nodiscard]] std::filesystem::path dialect_folder();

/// "3032 30" -> bytes; white space is skipped.
/// throws   std::runtime_error
[[nodiscard]] std::vector<std::uint8_t> bytes_of_hex(std::string_view hex);

/// codec::decode() for tests that keep no bytes: the message owns its values.
[[nodiscard]] codec::Result<codec::Message> decoded(const codec::Dialect& dialect,
                                                    std::span<const std::uint8_t> wire);

} // namespace golden
