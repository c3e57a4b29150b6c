#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

TEST_CASE("a batch finds the records of all its keys")
{
    LedgerFixture f;
    const auto account = f.open();
    std::vector<authz::Request> sales;
    for (std::uint64_t n = 1; n <= 3; ++n) {
        sales.push_back(good::sale(n));
        sales.back().key = good::key_of(n, f.now - std::chrono::seconds(n)); // each of its own second
        sales.back().transmitted_at -= std::chrono::seconds(n);
    }
    const std::vector<std::string> approved(3, "00");
    CHECK(f.codes(sales) == approved);
    for (auto& sale : sales) sale = good::again(sale);
    CHECK(f.codes(sales) == approved); // the lowest and the highest are repeats as well
    CHECK(f.balance(account) == 700);
    CHECK(f.database.value("select count(*) from redelivery") == "3");
    CHECK(f.broken() == "");
}
