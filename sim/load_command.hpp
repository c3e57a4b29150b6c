/// `tollgate-sim load`: sales through a server of our own, with a rate and the times of the answers.
#pragma once

#include "sim/report.hpp"
#include "sim/terminal.hpp"
#include "sim/test_bed.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace sim {

struct LoadOptions {
    std::string bin;
    std::string database_url;
    std::string network = "iso-single-message";
    std::uint64_t seed = 0;
    std::size_t count = 10'000;
    std::size_t cards = 100;
    int connections = 4;
    int in_flight = 32;
    bool wants_json = false;
};

/// returns  differs when an answer is missing or no approval, money when an invariant broke
/// throws   HostError, OfficeError, WireError
[[nodiscard]] Exit run_load(const LoadOptions& options, std::ostream& out);

/// Cards, each with an account of its own, through `tollgatectl card import`.
struct ImportedCards {
    std::vector<CardInHand> cards;
    std::int64_t first_account = 0; ///< the card at i has account first_account + i
};

/// throws   OfficeError
[[nodiscard]] ImportedCards import_cards(TestBed& bed, RunIds& ids, std::size_t count, const Amount& balance);

} // namespace sim
