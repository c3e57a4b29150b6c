/// What the chaos proxy does to which frames: rules like "mti=0200 && stan=4711: drop".
#pragma once

#include "sim/frame_filter.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

struct ChaosRule {
    std::string text; ///< as it was written, without what could be a card number
    FrameFilter filter;
    Treatment treatment;
    std::uint64_t strikes = 0; ///< frames that it was applied to
};

/// "drop", "cut after 20": what stands behind the colon.
[[nodiscard]] std::string text_of(const Treatment& treatment);

/// seed     of p
/// throws   FilterError
[[nodiscard]] ChaosRule parse_chaos_rule(std::string_view text, std::uint64_t seed);

/// A rule a line; empty lines and lines that begin with # are none.
/// throws   FileError with line and column
[[nodiscard]] std::vector<ChaosRule> read_chaos_rules(const std::string& file, std::uint64_t seed);

/// Two lines: the rule, and a caret below the character that `error` is about.
[[nodiscard]] std::string text_with_caret(std::string_view rule, const FilterError& error);

/// `text` with every digit of what could be a card number as '*'.
[[nodiscard]] std::string without_card_numbers(std::string_view text);

} // namespace sim
