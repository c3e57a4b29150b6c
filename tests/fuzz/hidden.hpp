#pragma once

#include "codec/dialect.hpp"
#include "codec/message.hpp"

namespace fuzz {

/// The values of the message, set by hand, so that it is written in one way only.
[[nodiscard]] codec::Message with_values_of(const codec::Dialect& dialect, const codec::Message& message);

/// The same with every character changed that must not be shown: all of what is never shown and of unknown
/// parts, the middle of card numbers and of long numbers in text. A text that shows nothing hidden is the
/// same for both.
[[nodiscard]] codec::Message with_hidden_changed(const codec::Dialect& dialect,
                                                 const codec::Message& message);

} // namespace fuzz
