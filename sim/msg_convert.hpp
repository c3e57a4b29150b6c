/// A message of one dialect written in another.
#pragma once

#include "sim/msg_reading.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sim {

/// What becomes of elements and parts that the other dialect does not know.
enum class Unknown : std::uint8_t { refuse, drop };

struct Conversion {
    std::vector<std::uint8_t> bytes;   ///< empty when there are problems
    std::vector<std::string> problems; ///< "DE48: not defined in iso87-bcd"; all of them
    std::vector<std::string> dropped;  ///< "DE48", "DE127.3"
    std::vector<std::string>
        notes; ///< what is right in form and wrong in meaning, like a MAC over other bytes
};

/// reading  of a message that decodes
[[nodiscard]] Conversion convert(const Reading& reading, const codec::Dialect& target, Unknown unknown);

} // namespace sim
