#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

using Codes = std::vector<std::string>;

TEST_CASE("a sale takes from the balance, once, and a repeat gets the stored answer")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale();
    OpenGate gate;

    const auto first = f.ledger.serve({&sale, 1}, f.now, gate);
    REQUIRE_MESSAGE(first.end == authz::BatchEnd::committed, first.why);
    CHECK(first.outcomes.at(0).answer.code == "00");
    CHECK(first.outcomes.at(0).undo_if_unanswered);
    CHECK(f.balance(account) == 900);

    const auto repeat = good::again(sale);
    const auto second = f.ledger.serve({&repeat, 1}, f.now, gate);
    REQUIRE_MESSAGE(second.end == authz::BatchEnd::committed, second.why);
    CHECK(second.outcomes.at(0).answer == first.outcomes.at(0).answer);
    CHECK_FALSE(second.outcomes.at(0).undo_if_unanswered);
    CHECK(f.balance(account) == 900);
    CHECK(f.database.value("select count(*) from redelivery") == "1");
    CHECK(f.broken().empty());
}
