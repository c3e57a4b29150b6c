/// What the keys of messages, and with them the finding of repeats (DESIGN 4), rest on beside the
/// configuration: how a dialect reads bytes, and what a profile takes messages for. Names, what logs show,
/// answer codes and the session part of a profile are not among it.
#pragma once

#include "codec/dialect.hpp"
#include "net/profile.hpp"

#include <string>

namespace net {

/// What the second reads in another way: "element 41"; empty: every message is read alike.
[[nodiscard]] std::string changed_reading(const codec::Dialect& before, const codec::Dialect& now);

/// What the second understands in another way: "[[message]] row 3"; empty: every message means the same.
[[nodiscard]] std::string changed_meaning(const Profile& before, const Profile& now);

} // namespace net
