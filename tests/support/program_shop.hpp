/// What a test of programs begins with: a database, all that a server needs, cards, and sales on them.
#pragma once

#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"

namespace test {

/// The other side of the wire is that of profile iso-single-message. Needs TOLLGATE_BIN_DIR.
struct ProgramShop {
    struct Given {
        std::size_t cards = 1;
        std::int64_t balance_minor = 1'000; ///< yen, on the account of each card
        std::string network_timeout = "20s";
    };
    static inline const sim::Amount price{100, "JPY"};

    explicit ProgramShop(const Given& given)
        : bed({.bin = TOLLGATE_BIN_DIR,
               .database_url = database.url(),
               .network_timeout = given.network_timeout}),
          imported(sim::import_cards(bed, ids, given.cards, sim::Amount{given.balance_minor, "JPY"}))
    {
    }

    /// Sales at `price`, on the cards in turn.
    [[nodiscard]] sim::Load sales(std::size_t count)
    {
        return sim::Load(*side.model, ids, {imported.cards, price, count});
    }
    [[nodiscard]] std::int64_t balance_minor(std::size_t card = 0)
    {
        return bed.office().balance_minor(imported.first_account + static_cast<std::int64_t>(card));
    }

    const FreshDatabase database{FreshDatabase::Schema::none};
    sim::TestBed bed;
    sim::RunIds ids{sim::wall_clock_us(), sim::wall_clock_us()};
    sim::ImportedCards imported;
    const sim::Side& side = bed.sides().front();
    const std::string& link = side.links.front();
};

} // namespace test
