// Programs: tollgatectl repair, a repair that is killed in the middle, a server whose answers nobody knows.
#include "sim/child_process.hpp"
#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"
#include "store/repair.hpp"
#include "tests/support/repair_fixture.hpp"

#include <doctest/doctest.h>

#include <signal.h>

#include <filesystem>

namespace {

using namespace sim;

constexpr std::chrono::seconds patience{60};

/// While the table has a row, every change of an item to closed waits before it is committed.
constexpr const char* gate_sql = R"(
create table closings_wait (since timestamptz not null default now());
insert into closings_wait default values;
create function wait_at_closing() returns trigger language plpgsql as $$ begin
    while exists (select from closings_wait) loop perform pg_sleep(0.01); end loop;
    return new;
end $$;
create trigger waits_at_closing before update on repair for each row when (new.state = 'closed')
    execute function wait_at_closing();
)";

void wait_until(const FreshDatabase& database, const std::string& condition)
{
    const auto end = Clock::now() + patience;
    while (database.value("select " + condition) != "t") REQUIRE(Clock::now() < end);
}

std::vector<std::string> repair_run(const FreshDatabase& database)
{
    return {TOLLGATE_BIN_DIR "/tollgatectl", "--database", database.url(), "repair", "run"};
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("repair: killed between an undo and its note, it is run again and has undone once")
{
    RepairFixture f;
    const auto account = f.open();
    const auto boot = f.boot();
    const auto sale = f.sale_of(boot, 1);
    REQUIRE(f.code(sale) == "00");
    f.leave(boot, {good::own_undo(9, sale)});
    f.database.run(gate_sql);
    {
        const auto log = (std::filesystem::temp_directory_path() / f.database.name()).string();
        ChildProcess run(repair_run(f.database), log);
        wait_until(f.database,
                   "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = "
                   "current_database())");
        run.signal(SIGKILL);
        CHECK(run.wait() == 128 + SIGKILL);
        std::filesystem::remove(log);
    }
    CHECK(f.balance(account) == 1'000); // done, and not noted
    CHECK(f.database.value("select state || ' ' || leased_by from repair") == "open tollgatectl");
    // T8: its backend ends although what it waits for never comes.
    wait_until(f.database,
               "not exists (select from pg_stat_activity where application_name = 'repair of tollgatectl')");
    f.database.run("delete from closings_wait");

    const auto leased = run_program(repair_run(f.database), "");
    CHECK(leased.status == 0);
    CHECK(f.database.value("select state from repair") == "open"); // the lease of who died still runs
    f.database.run("update repair set leased_until = now()");
    CHECK(run_program(repair_run(f.database), "").status == 0);
    CHECK(f.items() == std::vector<std::string>{"own_undo undone"});
    CHECK(f.database.value("select count(*) from journal where operation = 'own_undo'") == "1");
    CHECK(f.balance(account) == 1'000);
    CHECK(f.broken() == "");
}

TEST_CASE(
    "repair: what a server that is killed decided behind its last sign is listed, and nothing is undone")
{
    const FreshDatabase database(FreshDatabase::Schema::none);
    TestBed bed({.bin = TOLLGATE_BIN_DIR, .database_url = database.url()});
    RunIds ids(wall_clock_us(), wall_clock_us());
    const auto imported = import_cards(bed, ids, 1, Amount{10'000, "JPY"});
    const Side& side = bed.sides().front();
    const auto host = bed.start_host();
    Load load(*side.model, ids, {imported.cards, Amount{100, "JPY"}, 50});
    REQUIRE(load.send(load.unanswered(), host->address(side.links[0]), {}, patience) == 50);
    host->kill_now();
    const std::string unsettled =
        database.value("select count(*) from journal j, boot b where j.delivery >= b.settled "
                       "and j.reason = 'approved' and j.operation = 'sale'");

    store::RepairSettings settings;
    settings.ledger.url = database.url();
    settings.gone_after = std::chrono::seconds{0};
    store::Repair repair(settings, store::RepairKind::sale);
    REQUIRE(repair.leads());
    CHECK(std::to_string(repair.look().found) == unsettled);
    CHECK(repair.carry_out().done == 0);
    CHECK(bed.office().balance_minor(imported.first_account) == 5'000);
}

TEST_CASE("repair: a server repairs what another one left, without being asked")
{
    const FreshDatabase database(FreshDatabase::Schema::none);
    TestBed bed({.bin = TOLLGATE_BIN_DIR, .database_url = database.url()});
    RunIds ids(wall_clock_us(), wall_clock_us());
    const auto imported = import_cards(bed, ids, 1, Amount{1'000, "JPY"});
    const Side& side = bed.sides().front();
    const auto host = bed.start_host();
    Load load(*side.model, ids, {imported.cards, Amount{100, "JPY"}, 1});
    REQUIRE(load.send(load.unanswered(), host->address(side.links[0]), {}, patience) == 1);
    database.run("insert into repair (kind, task, key, delivery) select 'sale', 'own_undo', key, delivery "
                 "from journal "
                 "where operation = 'sale'");
    wait_until(database, "exists (select from repair where outcome = 'undone')");
    CHECK(bed.office().balance_minor(imported.first_account) == 1'000);
    wait_until(database,
               "exists (select from boot where settled > boot_id << 40)"); // it tells what is settled
    CHECK(host->stop() == 0);
    CHECK(database.value("select ended_at is not null from boot") == "t");
    CHECK(bed.office().check_books().status == 0);
}

TEST_CASE("repair lists, shows, runs and closes, and says by its exit code what is overdue")
{
    const FreshDatabase database;
    const auto run = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {TOLLGATE_BIN_DIR "/tollgatectl", "--database", database.url()});
        return run_program(words, "");
    };
    const auto empty = run({"--json", "repair", "list"});
    CHECK(empty.status == 0);
    CHECK(empty.out == R"({"schema":"tollgate/repair/1","items":[],"backlog":[],"leaders":[],"overdue":0})"
                       "\n");
    database.run("insert into repair (kind, task, key) values "
                 "('sale', 'unconfirmed', '6b02e170-0000-0000-0000-000000000001'), "
                 "('sale', 'own_undo', '6b02e170-0000-0000-0000-000000000002')");
    const std::string id = database.value("select repair_id from repair where task = 'unconfirmed'");
    const std::string undo = database.value("select repair_id from repair where task = 'own_undo'");
    CHECK(run({"repair", "list"}).status == 0);
    database.run("update repair set found_at = now() - interval '6 minutes' where task = 'unconfirmed'");
    CHECK(run({"repair", "list"}).status == 0); // it waits for the network's file
    database.run("update repair set found_at = now() - interval '6 minutes'");
    const auto overdue = run({"repair", "list"});
    CHECK(overdue.status == 1);
    CHECK(contains(overdue.out, "sale own_undo: 1 open, the oldest 36"));
    CHECK(contains(overdue.out, "OVERDUE"));
    CHECK(contains(run({"check"}).out, "warning  repair has not finished 1 items (sale, own_undo)"));

    const auto shown = run({"--json", "repair", "show", id});
    CHECK(shown.status == 0);
    CHECK(contains(shown.out, R"({"schema":"tollgate/repair-item/1","item":{"id":)" + id +
                                  R"(,"kind":"sale",)"
                                  R"("task":"unconfirmed","key":"6b02e170000000000000000000000001")"));
    CHECK(run({"repair", "show", "77"}).status == 1);
    CHECK(run({"repair", "close", undo, "--note", "x"}).status == 1);
    CHECK(run({"repair", "close", id}).status == 2);
    const auto ran = run({"--json", "repair", "run"});
    CHECK(ran.status == 0);
    CHECK(contains(ran.out,
                   R"({"kind":"sale","led_by_us":1,"done":2,"failed":0,"found":0})")); // no such message
    CHECK(run({"repair", "run", "--kind", "load"}).status == 2);
    CHECK(contains(run({"repair", "list", "--all"}).out, "no_effect"));
    CHECK(contains(run({"repair", "list"}).out, "nothing is open"));
}
