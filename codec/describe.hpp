#pragma once

#include "codec/dialect.hpp"
#include "codec/message.hpp"
#include "codec/structure.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace codec {

/// `everything` is for people who asked for it by name, on their own screen: never for a log.
enum class Show : std::uint8_t { masked, everything };

/// First six and last four digits of a card number, the rest as '*'; all '*' when it is shorter than 13
/// digits.
[[nodiscard]] std::string masked_pan(std::string_view pan);

/// A value on one line: binary in hex, other bytes that are not printable as \xNN.
/// Masked, a card number shows its first six and last four digits, also one that stands in text; what the row
/// says must never be shown, and track data, only its size.
[[nodiscard]] std::string shown_value(const FieldSpec& spec, std::string_view value, Show show);

/// True when the masked text of a value is not its whole text, so that its bytes must not be shown either.
[[nodiscard]] bool is_masked(const FieldSpec& spec, std::string_view value);
[[nodiscard]] bool is_masked(const Part& part);

/// A value that has parts: the value itself where it is text and nothing of it is masked, otherwise "3
/// parts".
[[nodiscard]] std::string shown_value(const FieldSpec& spec, std::string_view value,
                                      const std::vector<Part>& parts, Show show);
/// The same for a part, which may have parts or not.
[[nodiscard]] std::string shown_value(const Part& part, Show show);

/// The row of an element or a part for whoever shows it; a row that is never shown where the table has none:
/// of what it does not know nothing is known, it may be card data.
[[nodiscard]] const FieldSpec& row_to_show(const Dialect& dialect, int de);
[[nodiscard]] const FieldSpec& row_to_show(const Part& part);

/// The tag of a part: what is not printable as \xNN. Masked, a long number in an unknown one shows its first
/// six and last four digits.
[[nodiscard]] std::string shown_tag(const Part& part, Show show);

/// A line per element, and per part of an element where it has some, with card data masked: the only way a
/// message reaches a log. Of an element with parts each part has its say; where they cannot be read, it is
/// not shown.
[[nodiscard]] std::string describe(const Dialect& dialect, const Message& message);
[[nodiscard]] std::string describe(const Dialect& dialect, const Message& message, Show show);

/// The same in one line, for logs and ladders: "0200 2=400000******0002 3=000000 55={9F27=80 2 unknown} ...".
[[nodiscard]] std::string describe_line(const Dialect& dialect, const Message& message);

} // namespace codec
