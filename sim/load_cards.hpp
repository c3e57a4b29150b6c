/// Cards with accounts of their own, on a server of our own.
#pragma once

#include "sim/amount.hpp"
#include "sim/terminal.hpp"
#include "sim/test_bed.hpp"

#include <cstdint>
#include <vector>

namespace sim {

struct ImportedCards {
    std::vector<CardInHand> cards;
    std::int64_t first_account = 0; ///< the card at i has account first_account + i
};

/// Through `tollgatectl card import`.
/// throws   OfficeError
[[nodiscard]] ImportedCards import_cards(TestBed& bed, RunIds& ids, std::size_t count, const Amount& balance);

} // namespace sim
