/// A message checked strictly: not only what would do harm.
#pragma once

#include "sim/msg_facts.hpp"

#include <string>
#include <vector>

namespace sim {

/// Everything that is found, in the order of the message. Errors break a rule of the dialect or of ISO 8583;
/// a warning may be meant so.
[[nodiscard]] std::vector<Finding> validate(const Reading& reading);

/// A line per finding: "error: DE7 at byte 40: month above 12".
[[nodiscard]] std::string text_of(const std::vector<Finding>& findings);

[[nodiscard]] std::size_t count_of(const std::vector<Finding>& findings, Severity severity);

} // namespace sim
