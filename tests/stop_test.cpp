// An orderly stop of `tollgated` while the database does not say how a COMMIT ended.
#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"
#include "store/repair.hpp"
#include "tests/support/database.hpp"

#include <doctest/doctest.h>

namespace {

using namespace sim;

constexpr std::chrono::seconds patience{60};

/// While the table has a row, every COMMIT of the server waits: it has been sent, and nobody knows its end.
constexpr const char* gate_sql = R"(
create table commits_wait (since timestamptz not null default now());
insert into commits_wait default values;
create function wait_at_commit() returns trigger language plpgsql as $$ begin
    while exists (select from commits_wait) loop perform pg_sleep(0.01); end loop;
    return null;
end $$;
create constraint trigger waits_at_commit after insert on journal deferrable initially deferred
    for each row execute function wait_at_commit();
)";

} // namespace

TEST_CASE("stop: what a COMMIT of which nobody knows the end may have done is left to repair, and undone")
{
    const FreshDatabase database(FreshDatabase::Schema::none);
    TestBed bed({.bin = TOLLGATE_BIN_DIR, .database_url = database.url(), .network_timeout = "4000ms"});
    RunIds ids(wall_clock_us(), wall_clock_us());
    const auto imported = import_cards(bed, ids, 1, Amount{1000, "JPY"});
    const Side& side = bed.sides().front();
    const auto host = bed.start_host();
    Load load(*side.model, ids, {imported.cards, Amount{100, "JPY"}, 2});
    const Load::Window one{.connections = 1, .in_flight = 1};
    REQUIRE(load.send({0}, host->address(side.links[0]), one, patience) == 1);
    database.run(gate_sql);
    // Nobody waits for the answer any more, but that is not known to be no effect.
    CHECK(load.send({1}, host->address(side.links[0]), one, std::chrono::seconds{2}) == 0);
    CHECK(host->stop() == 0);
    CHECK(database.value("select task || ' ' || state from repair") == "own_undo open");
    CHECK(database.value("select count(*) from boot where ended_at is not null") == "1");
    database.run("delete from commits_wait");
    store::RepairSettings settings;
    settings.ledger.url = database.url();
    store::Repair repair(settings, store::RepairKind::sale);
    REQUIRE(repair.leads());
    const auto end = Clock::now() + patience;
    while (database.value("select state from repair") == "open") {
        REQUIRE(Clock::now() < end);
        repair.hurry();
        (void)repair.carry_out(); // put off while the COMMIT of the server that is gone may still end well
    }
    CHECK(bed.office().balance_minor(imported.first_account) == 900);
    CHECK(bed.office().check_books().status == 0);
    CHECK(bed.start_host()->stop() == 0);
}
