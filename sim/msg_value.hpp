/// How people write a value: text, or bytes in hex.
#pragma once

#include "codec/structure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sim {

enum class ValueForm : std::uint8_t { text, hex };

[[nodiscard]] ValueForm form_of(const codec::FieldSpec& row);
/// structure  that it is a part of
[[nodiscard]] ValueForm form_of(const codec::Structure& structure, const codec::Part& part);

/// As UTF-8. A value is bytes: in text each byte is the Unicode character of its number (ISO 8859-1).
[[nodiscard]] std::string written(std::string_view value, ValueForm form);
/// The opposite; nothing when it is no hex or has characters above U+00FF.
[[nodiscard]] std::optional<std::string> value_of(std::string_view written, ValueForm form);

/// What a row takes: "12 digits", "at most 999 bytes in hex".
[[nodiscard]] std::string expectation_of(const codec::FieldSpec& row);

/// Why a row cannot hold a value: "value does not fit; expected 12 digits". Nothing when it can.
[[nodiscard]] std::optional<std::string> why_not_written(const codec::FieldSpec& row, std::string_view value);

} // namespace sim
