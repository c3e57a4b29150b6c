#include "store/migrate.hpp"
#include "tests/support/database.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace {

std::size_t applied_count(const std::string& url)
{
    std::size_t count = 0;
    for (const auto& state : store::migration_states(url)) count += state.applied ? 1 : 0;
    return count;
}

} // namespace

TEST_CASE("an empty database gets every migration once, in order, and a second run applies nothing")
{
    FreshDatabase f(FreshDatabase::Schema::none);
    CHECK(applied_count(f.url()) == 0);
    CHECK(f.value("select to_regclass('migration')") == "null"); // looking changes nothing
    const auto names = store::migrate(f.url());
    REQUIRE(!names.empty());
    CHECK(names.front() == "0001_accounts.sql");
    CHECK(names.size() == store::migration_states(f.url()).size());
    CHECK(applied_count(f.url()) == names.size());
    CHECK(store::migrate(f.url()).empty());
    CHECK(f.value("select max(number) from migration") == std::to_string(store::schema_version()));
}

TEST_CASE(
    "partitions for the last, this and eight coming months are there, and a later run makes what is missing")
{
    FreshDatabase f;
    const std::string count = "select count(*) from pg_partition_tree('journal') where isleaf";
    CHECK(f.value(count) == "11"); // ten months and the default
    f.run("drop table " + f.value("select 'journal' || to_char(now() at time zone 'UTC', '_YYYY_MM')"));
    CHECK(f.value(count) == "10");
    store::migrate(f.url());
    CHECK(f.value(count) == "11");
}

TEST_CASE("a migration whose text has changed since it was applied is refused by name")
{
    FreshDatabase f;
    f.run("update migration set sha256 = 'other' where number = 2");
    CHECK_THROWS_WITH_AS(
        store::migrate(f.url()),
        "migration 0002_journal.sql was applied with another text; add a new migration instead "
        "of changing one",
        store::MigrationError);
}

TEST_CASE("a database that is newer than the program is left alone")
{
    FreshDatabase f;
    f.run("insert into migration values (9999, '9999_later.sql', 'x')");
    CHECK_THROWS_AS(store::migrate(f.url()), store::MigrationError);
}

TEST_CASE("a migration that fails leaves nothing behind")
{
    FreshDatabase f(FreshDatabase::Schema::none);
    f.run("create table journal (nobody_expects_me integer)");
    CHECK_THROWS_AS(store::migrate(f.url()), store::MigrationError);
    CHECK(applied_count(f.url()) == 1);
    CHECK(f.value("select to_regclass('posting')") == "null");
    f.run("drop table journal");
    CHECK(store::migrate(f.url()).front() == "0002_journal.sql");
}

TEST_CASE("two programs that migrate at once do it once")
{
    FreshDatabase f(FreshDatabase::Schema::none);
    std::size_t other = 0;
    std::thread thread([&] { other = store::migrate(f.url()).size(); });
    const std::size_t mine = store::migrate(f.url()).size();
    thread.join();
    CHECK(mine + other == store::migration_states(f.url()).size());
    CHECK((mine == 0 || other == 0));
}

TEST_CASE("history cannot be changed, by its owner neither")
{
    FreshDatabase f;
    const std::string zero = "'00000000-0000-0000-0000-000000000000'";
    f.run("insert into group_member values (" + zero + ", " + zero + ", 0)");
    for (const char* change :
         {"update group_member set bucket = 1", "delete from group_member", "truncate group_member",
          "update group_member_default set bucket = 1", "truncate group_member_default"}) {
        CAPTURE(change);
        CHECK_THROWS(f.run(change));
    }
    CHECK(f.value("select count(*) from group_member") == "1");
}

TEST_CASE("no account gets a balance or a limit that the books cannot add up")
{
    FreshDatabase f;
    f.run("insert into account (account_id, bucket, currency) values (64000, 0, 392)");
    const std::pair<const char*, const char*> bounds[] = {
        {"balance_minor", "100000000000000000"},      {"-balance_minor", "100000000000000000"},
        {"credit_limit_minor", "1000000000000000"},   {"sale_max_minor", "1000000000000000"},
        {"day_amount_max_minor", "1000000000000000"}, {"day_count_max", "1000000000000000"},
    };
    for (const auto& [column, largest] : bounds) {
        CAPTURE(column);
        const bool is_below = *column == '-';
        const std::string set = std::string("update account set ") + (column + (is_below ? 1 : 0)) + " = " +
                                (is_below ? "-" : "") + largest;
        CHECK_NOTHROW(f.run(set));
        CHECK_THROWS(f.run(set + (is_below ? " - 1" : " + 1")));
    }
    for (const char* column :
         {"credit_limit_minor", "sale_max_minor", "day_amount_max_minor", "day_count_max"})
        CHECK_THROWS(f.run(std::string("update account set ") + column + " = -1"));
}

TEST_CASE("a message of the coming half year lies in the partition of its month")
{
    FreshDatabase f;
    f.run("insert into group_member values (lowest_key(now() + interval '6 months'), "
          "lowest_key(now() + interval '6 months'), 0)");
    CHECK(f.value("select count(*) from group_member") == "1");
    CHECK(f.value("select count(*) from group_member_default") == "0");
}

TEST_CASE("the server's role can do what a batch does, and no more")
{
    FreshDatabase f;
    f.run("set role tollgate_server; select * from account for update; select * from card; "
          "select pg_advisory_xact_lock(1953459309)");
    for (const char* forbidden :
         {"insert into card values (gen_random_uuid(), 1, 'active', 202812, '400000', '0002')",
          "delete from account", "update journal set reason = ''", "delete from posting",
          "truncate redelivery", "drop table group_member"}) {
        CAPTURE(forbidden);
        CHECK_THROWS(f.run(std::string("set role tollgate_server; ") + forbidden));
    }
}
