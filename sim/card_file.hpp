/// Card numbers of a file that `tollgatectl card import` takes: the same file serves issuer and network.
#pragma once

#include "sim/terminal.hpp"

#include <string>
#include <vector>

namespace sim {

/// A line of column names, of which pan (13 to 19 digits with a right check digit) and expiry (YYYY-MM) are
/// used, wherever they stand.
/// throws   FileError with the line, and without any value
[[nodiscard]] std::vector<CardInHand> read_cards(const std::string& file);

} // namespace sim
