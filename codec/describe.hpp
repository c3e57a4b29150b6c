#pragma once

#include "codec/dialect.hpp"
#include "codec/message.hpp"

#include <string>
#include <string_view>

namespace codec {

/// First six and last four digits of a card number, the rest as '*'; all '*' when it is shorter than 13
/// digits.
[[nodiscard]] std::string masked_pan(std::string_view pan);

/// A line per element with card data masked: the only way a message reaches a log.
[[nodiscard]] std::string describe(const Dialect& dialect, const Message& message);

/// The same in one line, for logs and ladders: "0200 2=400000******0002 3=000000 4=000000001250 ...".
[[nodiscard]] std::string describe_line(const Dialect& dialect, const Message& message);

} // namespace codec
