#include "tests/support/acting_gate.hpp"
#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

TEST_CASE("a key that one node is deciding is not decided by another one")
{
    LedgerFixture f;
    f.open(1, 0); // nothing there: a decline, which no posting keeps from being written twice
    f.open(2, 0);
    auto hurried = f.options();
    hurried.lock_timeout = std::chrono::milliseconds{250};
    store::PostgresLedger other(hurried);
    const auto sale = good::sale();
    auto of_other_card = good::again(sale);
    of_other_card.card = good::card(2).token;
    of_other_card.content = good::id_of<authz::ContentDigest>(2);

    authz::BatchResult met; // the other node's, while ours is written and not committed
    ActingGate meeting([&] { met = f.serve(other, of_other_card); });
    const auto result = f.serve(f.ledger, sale, meeting);
    REQUIRE(result.end == authz::BatchEnd::committed);
    CHECK(result.outcomes.at(0).answer.code == "51");
    CHECK(met.end == authz::BatchEnd::retry); // it waited in vain
    CHECK(f.code(of_other_card) == "94");
    CHECK(f.broken() == "");
}
