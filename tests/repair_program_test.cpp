// Programs: tollgatectl repair, a repair that is killed in the middle, a server whose answers nobody knows.
#include "sim/child_process.hpp"
#include "store/repair.hpp"
#include "tests/support/program_shop.hpp"
#include "tests/support/repair_fixture.hpp"
#include "tests/support/sql_gate.hpp"

#include <doctest/doctest.h>

#include <signal.h>

#include <filesystem>

namespace {

using namespace sim;

constexpr std::chrono::seconds patience{60};

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
    const auto [account, boot, sale] = f.approved_sale();
    f.leave(boot, {good::own_undo(9, sale)});
    const test::SqlGate gate(f.database, test::SqlGate::at_closing);
    gate.shut();
    {
        const auto log = (std::filesystem::temp_directory_path() / f.database.name()).string();
        ChildProcess run(repair_run(f.database), log);
        gate.wait_until_reached();
        run.signal(SIGKILL);
        CHECK(run.wait() == 128 + SIGKILL);
        std::filesystem::remove(log);
    }
    CHECK(f.balance(account) == 1'000); // done, and not noted
    CHECK(f.database.value("select state || ' ' || leased_by from repair") == "open tollgatectl");
    // T8: its backend ends although what it waits for never comes.
    f.database.wait_until(
        "not exists (select from pg_stat_activity where application_name = 'repair of tollgatectl')");
    gate.open();

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
    test::ProgramShop shop({.balance_minor = 10'000});
    const auto host = shop.bed.start_host();
    Load load = shop.sales(50);
    REQUIRE(load.send(load.unanswered(), host->address(shop.link), {}, patience) == 50);
    host->kill_now();
    const std::string unsettled =
        shop.database.value("select count(*) from journal j, boot b where j.delivery >= b.settled "
                            "and j.reason = 'approved' and j.operation = 'sale'");

    store::RepairSettings settings;
    settings.ledger.url = shop.database.url();
    settings.gone_after = std::chrono::seconds{0};
    store::Repair repair(settings, store::RepairKind::sale);
    REQUIRE(repair.leads());
    CHECK(std::to_string(repair.look().found) == unsettled);
    CHECK(repair.carry_out().done == 0);
    CHECK(shop.balance_minor() == 5'000);
}

TEST_CASE("repair: a server repairs what another one left, without being asked")
{
    test::ProgramShop shop({});
    const auto host = shop.bed.start_host();
    Load load = shop.sales(1);
    REQUIRE(load.send(load.unanswered(), host->address(shop.link), {}, patience) == 1);
    shop.database.run(
        "insert into repair (kind, task, key, delivery) select 'sale', 'own_undo', key, delivery "
        "from journal "
        "where operation = 'sale'");
    shop.database.wait_until("exists (select from repair where outcome = 'undone')");
    CHECK(shop.balance_minor() == 1'000);
    shop.database.wait_until(
        "exists (select from boot where settled > boot_id << 40)"); // it tells what is settled
    CHECK(host->stop() == 0);
    CHECK(shop.database.value("select ended_at is not null from boot") == "t");
    CHECK(shop.bed.office().check_books().status == 0);
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
