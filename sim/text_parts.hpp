/// Texts that are lists: rows of CSV files, mixes, scenarios.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// "a,,b" is three parts, the second one empty; an empty text is one empty part. Nothing is quoted.
[[nodiscard]] std::vector<std::string> parts_of(std::string_view text, char separator);

struct Weighted {
    std::string name;
    double weight = 1;

    friend bool operator==(const Weighted&, const Weighted&) = default;
};
/// "sale=90,sale+reversal=9.5,echo": a name without weight has 1.
/// throws   std::invalid_argument when a name is missing, or a weight is none above zero
[[nodiscard]] std::vector<Weighted> parse_mix(std::string_view text);

} // namespace sim
