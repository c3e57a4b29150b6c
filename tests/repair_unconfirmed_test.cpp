// Effects of a server that crashed: listed, and closed by what the network and other servers know.
#include "net/keys.hpp"
#include "store/repair_items.hpp"
#include "tests/support/repair_fixture.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

#include <optional>

using Items = std::vector<std::string>;

TEST_CASE(
    "repair: only what a crashed server decided above its last sign is unconfirmed, and nothing is undone")
{
    RepairFixture f;
    const auto account = f.open();
    const auto boot = f.boot();
    const auto settled = f.sale_of(boot, 1);
    const auto unsettled = f.sale_of(boot, 2);
    auto declined = f.sale_of(boot, 3);
    declined.amount.minor = 5'000;
    REQUIRE(f.codes({settled, unsettled, declined}) == Items{"00", "00", "51"});
    f.crash(boot, boot.first_delivery() + 2);
    CHECK(f.repair().found == 1);
    CHECK(f.items() == Items{"unconfirmed open"});
    CHECK(f.database.value("select count(*) from repair r join journal j using (key) where j.delivery = " +
                           std::to_string(unsettled.delivery)) == "1");
    CHECK(f.repair().found == 0);
    CHECK(f.balance(account) == 800);
    CHECK_FALSE(store::repair_view(f.database.url(), store::RepairRows::open, 10).is_overdue());
}

TEST_CASE("repair: a server that lives, or stopped in order, leaves nothing unconfirmed")
{
    RepairFixture f;
    f.open();
    const auto living = f.boot();
    const auto stopped = f.boot();
    REQUIRE(f.codes({f.sale_of(living, 1), f.sale_of(stopped, 2)}) == Items{"00", "00"});
    f.leave(stopped, {});
    f.database.run("update boot set seen_at = now() - interval '1 hour' where ended_at is not null");
    CHECK(f.repair().found == 0);
}

TEST_CASE("repair: a transaction of the crashed server that commits late is found, too")
{
    RepairFixture f;
    f.open();
    const auto boot = f.boot();
    pqxx::connection orphan(f.database.url());
    std::optional<pqxx::work> under_way(std::in_place, orphan);
    under_way->exec("select pg_current_xact_id()");
    f.crash(boot, boot.first_delivery());
    CHECK(f.repair().found == 0);
    REQUIRE(f.code(f.sale_of(boot, 1)) == "00");
    under_way.reset();
    CHECK(f.repair().found == 1);
    CHECK(f.database.value("select scanned_at is not null from boot") == "t");
    REQUIRE(f.code(f.sale_of(boot, 2)) == "00"); // cannot be: the process is gone
    CHECK(f.repair().found == 0);                // the search has ended
}

TEST_CASE(
    "repair: an unconfirmed effect is closed by the network's reversal and by a repeat that was answered")
{
    RepairFixture f;
    f.open();
    const auto crashed = f.boot();
    const auto other = f.boot();
    const auto reversed = f.sale_of(crashed, 1);
    const auto repeated = f.sale_of(crashed, 2);
    const auto silent = f.sale_of(crashed, 3);
    const auto alone = f.sale_of(crashed, 4);
    REQUIRE(f.codes({reversed, repeated, silent, alone}) == Items{"00", "00", "00", "00"});
    f.crash(crashed, crashed.first_delivery());
    CHECK(f.repair().found == 4);

    REQUIRE(f.code(good::reversal(10, reversed)) == "00");
    auto repeat = repeated;
    repeat.delivery = other.first_delivery() + 1;
    REQUIRE(f.code(repeat) == "00");
    auto silent_repeat = silent;
    silent_repeat.delivery = other.first_delivery() + 2;
    REQUIRE(f.code(silent_repeat) == "00");
    (void)f.code(net::own_undo_of(silent_repeat)); // it did not leave, either
    f.repair();
    CHECK(f.items() ==
          Items{"unconfirmed reversed", "unconfirmed open", "unconfirmed open", "unconfirmed open"});

    f.leave(other, {}); // now its answers are known to have left
    f.repair();
    CHECK(f.items() ==
          Items{"unconfirmed reversed", "unconfirmed answered", "unconfirmed open", "unconfirmed open"});
    CHECK(f.broken() == "");
}

TEST_CASE("repair: an unconfirmed sale is closed by a void of its advice that came before the advice")
{
    RepairFixture f;
    const auto account = f.open();
    const auto crashed = f.boot();
    const auto sale = f.sale_of(crashed, 1);
    REQUIRE(f.code(sale) == "00");
    f.crash(crashed, crashed.first_delivery());
    CHECK(f.repair().found == 1);
    const auto advice = good::advice(10, sale);
    REQUIRE(f.code(good::void_of(11, advice)) == "00");
    REQUIRE(f.code(advice) == "00");
    CHECK(f.balance(account) == 1'000);
    f.repair();
    CHECK(f.items() == Items{"unconfirmed reversed"});
}

TEST_CASE("repair: a repeat whose undo waits in the table has not been answered")
{
    RepairFixture f;
    f.open();
    const auto crashed = f.boot();
    const auto other = f.boot();
    const auto sale = f.sale_of(crashed, 1);
    auto repeat = sale;
    repeat.delivery = other.first_delivery() + 1;
    REQUIRE(f.code(sale) == "00");
    REQUIRE(f.code(repeat) == "00");
    f.leave(other, {net::own_undo_of(repeat)});
    f.crash(crashed, crashed.first_delivery());
    store::Repair worker(f.settings(), store::RepairKind::sale);
    REQUIRE(worker.leads());
    CHECK(worker.look().done == 0);
    CHECK(worker.carry_out().done == 1);
    CHECK(f.items() == Items{"own_undo undo_noted", "unconfirmed open"}); // the first may have been answered
}

TEST_CASE(
    "repair: a server that was only slow closes what was listed of it, and is searched again when it crashes")
{
    RepairFixture f;
    f.open();
    const auto boot = f.boot();
    REQUIRE(f.code(f.sale_of(boot, 1)) == "00");
    f.crash(boot, boot.first_delivery());
    CHECK(f.repair().found == 1);
    {
        store::Session session(store::repair_session_options(f.database.url(), "test"));
        store::beat(session, boot, {boot.first_delivery() + 2, f.now});
    }
    f.database.run("update repair set due_at = now()");
    CHECK(f.repair().done == 1);
    CHECK(f.items() == Items{"unconfirmed answered"});
    REQUIRE(f.code(f.sale_of(boot, 2)) == "00");
    f.crash(boot, boot.first_delivery() + 2);
    CHECK(f.repair().found == 1);
}

TEST_CASE("repair: a person closes an unconfirmed effect with a note, and no own undo")
{
    RepairFixture f;
    f.open();
    const auto boot = f.boot();
    const auto left = f.boot();
    const auto sale = f.sale_of(left, 2);
    REQUIRE(f.codes({f.sale_of(boot, 1), sale}) == Items{"00", "00"});
    f.leave(left, {net::own_undo_of(sale)});
    f.crash(boot, boot.first_delivery());
    store::Repair worker(f.settings(), store::RepairKind::sale);
    REQUIRE(worker.leads());
    CHECK(worker.look().found == 1);
    const auto items = store::repair_view(f.database.url(), store::RepairRows::open, 10).items;
    REQUIRE(items.size() == 2);
    CHECK_FALSE(store::close_by_hand(f.database.url(), items[0].id, "no"));
    CHECK(store::close_by_hand(f.database.url(), items[1].id, "the shop has the receipt"));
    CHECK_FALSE(store::close_by_hand(f.database.url(), items[1].id, "again"));
    CHECK(store::repair_item(f.database.url(), items[1].id)->reason == "the shop has the receipt");
}

TEST_CASE("repair: a tombstone is closed when it is old enough, once, and still refuses its sale")
{
    RepairFixture f;
    f.open();
    const auto sale = good::sale(1);
    const auto found = good::sale(3);
    REQUIRE(f.codes({good::reversal(2, sale), found, good::reversal(4, found)}) == Items{"00", "00", "00"});
    const auto round = [&] {
        auto settings = f.settings();
        settings.tombstone_life = std::chrono::hours{0};
        store::Repair worker(settings, store::RepairKind::fault_reversal);
        REQUIRE(worker.leads());
        store::RepairCounts counts;
        for (bool has_more = true; has_more;) {
            const auto one = worker.look();
            has_more = one.has_more;
            counts += one;
        }
        return counts.done;
    };
    f.database.run("update repair_progress set done_to = '2026-11-22 00:00+00'");
    CHECK(f.repair().done == 0); // ten days are not over
    CHECK(round() == 1);
    CHECK(round() == 0);
    CHECK(f.items() == Items{"tombstone aged"});
    CHECK(f.code(sale) == "21");
    CHECK(f.broken() == "");
}

TEST_CASE(
    "repair: a group that has not moved what its facts add up to is listed for a person until it agrees")
{
    RepairFixture f;
    f.open();
    REQUIRE(f.code(good::sale(1)) == "00");
    const auto change = [&](const char* minor) {
        f.database.run(
            std::string("alter table journal disable trigger user; update journal set posted_minor = ") +
            minor + " where operation = 'sale'; alter table journal enable trigger user");
    };
    const auto look = [&] {
        store::Repair worker(f.settings(), store::RepairKind::sale);
        REQUIRE(worker.leads());
        return worker.look_at_groups();
    };
    CHECK(look().found == 0);
    change("-90");
    CHECK(look().found == 1);
    CHECK(f.items() == Items{"group_difference open"});
    change("-100");
    CHECK(look().done == 1);
    CHECK(f.items() == Items{"group_difference agrees"});
}

TEST_CASE("repair: the next message of a group that has moved too little posts what is missing as well")
{
    RepairFixture f;
    const auto account = f.open();
    const auto sale = good::sale(1);
    REQUIRE(f.code(sale) == "00");
    // Z7, facts ahead of postings: no crash leaves this, for they are one transaction.
    f.database.run("alter table journal disable trigger user; alter table posting disable trigger user; "
                   "update journal set posted_minor = 0 where operation = 'sale'; "
                   "delete from posting where account_version = 2; "
                   "update account set balance_minor = 1000, version = 1 where kind = 'customer'; "
                   "alter table journal enable trigger user; alter table posting enable trigger user");
    store::Repair worker(f.settings(), store::RepairKind::sale);
    REQUIRE(worker.leads());
    CHECK(worker.look_at_groups().found == 1);
    CHECK(f.balance(account) == 1'000); // listed, not posted
    CHECK(f.code(good::partial(2, sale, 60)) == "00");
    CHECK(f.balance(account) == 940);
    CHECK(worker.look_at_groups().done == 1);
    CHECK(f.items() == Items{"group_difference agrees"});
}
