// An orderly stop of `tollgated` while the database does not say how a COMMIT ended.
#include "store/repair.hpp"
#include "tests/support/program_shop.hpp"
#include "tests/support/sql_gate.hpp"

#include <doctest/doctest.h>

using namespace sim;

TEST_CASE("stop: what a COMMIT of which nobody knows the end may have done is left to repair, and undone")
{
    constexpr std::chrono::seconds patience{60};
    test::ProgramShop shop({.network_timeout = "4000ms"});
    const auto host = shop.bed.start_host();
    const Address address = host->address(shop.link);
    Load load = shop.sales(2);
    const Load::Window one{.connections = 1, .in_flight = 1};
    REQUIRE(load.send({0}, address, one, patience) == 1);
    const test::SqlGate gate(shop.database, test::SqlGate::at_commit);
    gate.shut();
    // Nobody waits for the answer any more, but that is not known to be no effect.
    CHECK(load.send({1}, address, one, std::chrono::seconds{2}) == 0);
    CHECK(host->stop() == 0);
    CHECK(shop.database.value("select task || ' ' || state from repair") == "own_undo open");
    CHECK(shop.database.value("select count(*) from boot where ended_at is not null") == "1");
    gate.open();
    store::RepairSettings settings;
    settings.ledger.url = shop.database.url();
    store::Repair repair(settings, store::RepairKind::sale);
    REQUIRE(repair.leads());
    const auto end = Clock::now() + patience;
    while (shop.database.value("select state from repair") == "open") {
        REQUIRE(Clock::now() < end);
        repair.hurry();
        (void)repair.carry_out(); // put off while the COMMIT of the server that is gone may still end well
    }
    CHECK(shop.balance_minor() == 900);
    CHECK(shop.bed.office().check_books().status == 0);
    CHECK(shop.bed.start_host()->stop() == 0);
}
