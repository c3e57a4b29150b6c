/// Two messages compared.
#pragma once

#include "codec/describe.hpp"
#include "sim/msg_reading.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sim {

/// What differs at one place: MTI, an element or a part.
struct Difference {
    std::string path; ///< "MTI", "DE55", "DE55.9F26", "DE55.9F26 (2nd)"
    std::string name;
    std::optional<std::string> first; ///< as it may be shown; nothing where only the other message has it
    std::optional<std::string> second;
    bool differs_where_hidden = false; ///< both look the same
};

/// By value: messages that mean the same in other bytes do not differ. Elements whose parts can be read in
/// both are compared part by part, in the order of each tag.
[[nodiscard]] std::vector<Difference> compare(const Reading& first, const Reading& second, codec::Show show);

/// A line per difference: "~" changed, "-" only in the first, "+" only in the second.
[[nodiscard]] std::string text_of(const std::vector<Difference>& differences);

} // namespace sim
