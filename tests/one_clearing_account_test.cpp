#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

TEST_CASE("two nodes that never met a network open one clearing account for it")
{
    LedgerFixture f;
    const auto account = f.open();
    store::PostgresLedger other(f.options()); // knows nothing of what f.ledger has opened
    const auto sale = good::sale(2);
    CHECK(f.code(good::sale(1)) == "00");
    CHECK(f.serve(other, sale).end == authz::BatchEnd::committed);
    CHECK(f.database.value("select count(*) from account where kind = 'clearing'") == "1");
    CHECK(f.balance(account) == 800);
    CHECK(f.broken() == "");
}
