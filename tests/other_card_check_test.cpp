#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

TEST_CASE("the check of the books knows that a reversal under another card reverses nothing")
{
    LedgerFixture f;
    const auto account = f.open(1);
    f.open(2);
    const auto sale = good::sale(1);
    auto reversal = good::reversal(2, sale);
    reversal.card = good::card(2).token;
    CHECK(f.codes({sale, reversal}) == std::vector<std::string>{"00", "00"});
    CHECK(f.balance(account) == 900);
    CHECK(f.broken() == "");
}
