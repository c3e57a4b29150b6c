// Own undos that a server left behind: carried out once, whoever dies when.
#include "net/keys.hpp"
#include "store/message_key.hpp"
#include "store/repair_crew.hpp"
#include "store/repair_facts.hpp"
#include "tests/support/repair_fixture.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

#include <optional>
#include <thread>

using Items = std::vector<std::string>;

namespace {

/// The own undo of a delivery, as the server orders it.
authz::Request undo_of(const authz::Request& target)
{
    return net::own_undo_of(target);
}

constexpr const char* nothing_is_open = "not exists (select from repair where state = 'open')";
constexpr const char* undone_rows = "select count(*) from journal where reason = 'undone'";

} // namespace

TEST_CASE("repair: an own undo has the key that the server gives it")
{
    const auto sale = good::sale(7);
    CHECK(store::undo_key(sale.key, sale.delivery) == undo_of(sale).key);
    auto repeat = sale;
    repeat.delivery += 1;
    CHECK(store::undo_key(sale.key, repeat.delivery) == undo_of(repeat).key);
    CHECK(store::undo_key(sale.key, sale.delivery) != undo_of(repeat).key);
}

TEST_CASE("repair: what a server left is undone once, and a repeat is refused")
{
    RepairFixture f;
    const auto [account, boot, sale] = f.approved_sale();
    f.leave(boot, {undo_of(sale)});
    f.leave(boot, {undo_of(sale)}); // nobody knew whether the first was written
    CHECK(f.items() == Items{"own_undo open"});
    CHECK(f.repair().done == 1);
    CHECK(f.items() == Items{"own_undo undone"});
    CHECK(f.balance(account) == 1'000);
    CHECK(f.repair().done == 0);
    CHECK(f.code(good::again(sale)) == "21");
    CHECK(f.broken() == "");
}

TEST_CASE("repair: a server that undid by itself, too, has undone once")
{
    RepairFixture f;
    const auto [account, boot, sale] = f.approved_sale();
    f.leave(boot, {undo_of(sale)});
    (void)f.code(undo_of(sale));
    CHECK(f.repair().done == 1);
    CHECK(f.database.value("select count(*) from journal where operation = 'own_undo'") == "1");
    CHECK(f.balance(account) == 1'000);
    CHECK(f.broken() == "");
}

TEST_CASE("repair: an approval that a repeat was given is not undone")
{
    RepairFixture f;
    const auto [account, boot, sale] = f.approved_sale();
    REQUIRE(f.code(good::again(sale)) == "00");
    f.leave(boot, {undo_of(sale)});
    CHECK(f.repair().done == 1);
    CHECK(f.items() == Items{"own_undo undo_noted"});
    CHECK(f.balance(account) == 900);
    CHECK(f.broken() == "");
}

TEST_CASE("repair: of a COMMIT in doubt that never happened nothing is undone; while it may, nothing is said")
{
    RepairFixture f;
    const auto account = f.open();
    const auto boot = f.boot();
    const auto sale = f.sale_of(boot, 1);
    pqxx::connection orphan(f.database.url());
    std::optional<pqxx::work> under_way(std::in_place, orphan); // the server's, whose COMMIT takes its time
    under_way->exec("select pg_current_xact_id()");
    f.leave(boot, {undo_of(sale)});
    CHECK(f.repair().failed == 1);
    CHECK(f.items() == Items{"own_undo open"});
    SUBCASE("it was rolled back")
    {
        under_way.reset();
        CHECK(f.repair().done == 1);
        CHECK(f.items() == Items{"own_undo no_effect"});
    }
    SUBCASE("it came through")
    {
        REQUIRE(f.code(sale) == "00");
        under_way.reset();
        CHECK(f.repair().done == 1);
        CHECK(f.items() == Items{"own_undo undone"});
    }
    CHECK(f.balance(account) == 1'000);
    CHECK(f.broken() == "");
}

TEST_CASE("repair: an account that is locked puts its undo off, with a reason, and no other")
{
    RepairFixture f;
    const auto locked = f.open(1);
    const auto free = f.open(2);
    const auto boot = f.boot();
    const auto first = f.sale_of(boot, 1);
    auto second = f.sale_of(boot, 2);
    second.card = good::card(2).token;
    REQUIRE(f.codes({first, second}) == Items{"00", "00"});
    f.leave(boot, {undo_of(first), undo_of(second)});
    {
        pqxx::connection connection(f.database.url());
        pqxx::work other(connection);
        other.exec("select from account where account_id = " + std::to_string(locked) + " for update");
        const auto counts = f.repair();
        CHECK(counts.failed == 1);
        CHECK(counts.done == 1);
    }
    CHECK(f.balance(locked) == 900);
    CHECK(f.balance(free) == 1'000);
    const auto row =
        f.database.rows("select attempts, reason like '%55P03%', due_at > now(), leased_by from repair "
                        "where state = 'open'");
    CHECK(row == std::vector<Items>{{"1", "t", "t", "null"}});
    CHECK(f.repair().done == 1);
    CHECK(f.balance(locked) == 1'000);
    CHECK(f.broken() == "");
}

TEST_CASE("repair: each kind has one leader among all nodes, and another when its session ends")
{
    RepairFixture f;
    std::optional<store::Repair> first(std::in_place, f.settings("node-1"), store::RepairKind::sale);
    store::Repair second(f.settings("node-2"), store::RepairKind::sale);
    store::Repair other_kind(f.settings("node-2"), store::RepairKind::refund_cancel);
    CHECK(first->leads());
    CHECK_FALSE(second.leads());
    CHECK(other_kind.leads());
    CHECK(first->leads());
    first.reset();
    f.database.wait_until(
        "not exists (select from pg_stat_activity where application_name = 'repair of node-1')");
    CHECK(second.leads());
}

TEST_CASE("repair: two nodes at once do each item once")
{
    constexpr std::uint64_t count = 40;
    RepairFixture f;
    const auto account = f.open(1, 100 * count);
    const auto boot = f.boot();
    std::vector<authz::Request> undos;
    for (std::uint64_t i = 1; i <= count; ++i) {
        const auto sale = f.sale_of(boot, i);
        REQUIRE(f.code(sale) == "00");
        undos.push_back(undo_of(sale));
    }
    f.leave(boot, undos);
    {
        store::RepairCrewSettings settings;
        settings.work_every = std::chrono::milliseconds(1);
        settings.repair = f.settings("node-1");
        store::RepairCrew node_1(settings, f.boot("node-1"));
        settings.repair = f.settings("node-2");
        store::RepairCrew node_2(settings, f.boot("node-2"));
        f.database.wait_until(nothing_is_open);
    }
    CHECK(f.database.value(undone_rows) == std::to_string(count));
    CHECK(f.database.value("select max(attempts) from repair") == "1");
    CHECK(f.balance(account) == 100 * count);
    CHECK(f.broken() == "");
}

TEST_CASE("repair: a server that cannot say what it leaves knows that")
{
    store::RepairCrewSettings settings;
    settings.repair.ledger.url = "postgresql:///x?host=/nonexistent";
    store::RepairCrew crew(settings, store::Boot{1});
    CHECK(crew.stop(std::chrono::seconds{60}));
    CHECK_FALSE(crew.leave({{1, {}}, {}, true}, std::chrono::milliseconds{1}));
}

TEST_CASE("repair: sessions that are ended in mid-work are made again, and the work is done")
{
    RepairFixture f;
    const auto [account, boot, sale] = f.approved_sale();
    store::RepairCrewSettings settings;
    settings.work_every = std::chrono::milliseconds(1);
    settings.repair = f.settings();
    store::RepairCrew crew(settings, f.boot());
    f.database.wait_until(
        "(select count(*) from pg_stat_activity where application_name = 'repair of test') = 3");
    f.database.run(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '% of test'");
    f.leave(boot, {undo_of(sale)});
    f.database.wait_until(nothing_is_open);
    CHECK(f.balance(account) == 1'000);
    CHECK(f.broken() == "");
}
