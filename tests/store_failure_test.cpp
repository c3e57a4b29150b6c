#include "store/session.hpp"
#include "tests/support/acting_gate.hpp"
#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

#include <functional>
#include <future>
#include <new>

using authz::BatchEnd;
using Codes = std::vector<std::string>;

namespace {

/// Ends the session of the ledger under test, as an administrator or a crash would.
std::function<void()> kill_session(const LedgerFixture& f)
{
    return [&f] {
        f.database.run("select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                       "where datname = current_database() and pid <> pg_backend_pid()");
    };
}

store::Session session_on(const LedgerFixture& f)
{
    store::SessionOptions options;
    options.url = f.database.url();
    return store::Session(options);
}

constexpr store::queries::Query break_something = {"break_something", "select 1 / 0"};

} // namespace

TEST_CASE(
    "a session that dies before COMMIT is answered leaves the batch in doubt, and running it again ends it")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale();
    ActingGate killing(kill_session(f));
    const auto result = f.serve(f.ledger, sale, killing);
    CHECK(result.end == BatchEnd::in_doubt);
    CHECK(result.outcomes.empty());
    CHECK(result.why != "");
    CHECK(f.code(sale) == "00"); // the same delivery in a new session
    CHECK(f.balance(account) == 900);
    CHECK(f.broken() == "");
}

TEST_CASE("a batch in doubt that was committed after all has one effect")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale();
    const auto first = f.serve(sale);
    REQUIRE(first.end == BatchEnd::committed); // and suppose that nobody heard of it
    const auto second = f.serve(sale);
    REQUIRE(second.end == BatchEnd::committed);
    CHECK(second.outcomes.at(0).answer == first.outcomes.at(0).answer);
    CHECK(second.outcomes.at(0).undo_if_unanswered);
    CHECK(f.balance(account) == 900);
    CHECK(f.broken() == "");
}

TEST_CASE("a session that dies behind a shut gate costs nothing but a new session")
{
    LedgerFixture f;
    f.open();
    const auto sale = good::sale();
    ActingGate killing(kill_session(f), ActingGate::Then::stays_shut);
    CHECK(f.serve(f.ledger, sale, killing).end == BatchEnd::gate_closed);
    BatchEnd end = BatchEnd::retry;
    for (int i = 0; i < 2 && end == BatchEnd::retry; ++i) end = f.serve(sale).end;
    CHECK(end == BatchEnd::committed);
    CHECK(f.broken() == "");
}

TEST_CASE("a clearing account whose opening is in doubt is a retry, and the next attempt uses it")
{
    LedgerFixture f;
    f.open();
    const auto sale = good::sale(); // the first of its network: it opens the clearing account
    f.database.run("create function trouble() returns trigger language plpgsql as "
                   "$$ begin raise exception 'not now'; end $$; "
                   "create constraint trigger trouble after insert on account deferrable initially deferred "
                   "for each row when (new.kind = 'clearing') execute function trouble()");
    const auto lost = f.serve(sale); // COMMIT fails
    CHECK_MESSAGE(lost.end == BatchEnd::retry, lost.why);
    CHECK(f.database.value("select count(*) from account where kind = 'clearing'") == "0");
    f.database.run("create or replace function trouble() returns trigger language plpgsql as "
                   "$$ begin raise warning 'the standby may not have it'; return null; end $$");
    const auto warned = f.serve(sale);
    CHECK_MESSAGE(warned.end == BatchEnd::retry, warned.why);
    CHECK(f.code(sale) == "00");
    CHECK(f.broken() == "");
}

TEST_CASE("memory that runs out in the middle of a batch is a retry")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale();
    ActingGate exhausting([] { throw std::bad_alloc(); });
    CHECK(f.serve(f.ledger, sale, exhausting).end == BatchEnd::retry);
    CHECK(f.balance(account) == 1'000);
    CHECK(f.code(sale) == "00");
    CHECK(f.broken() == "");
}

TEST_CASE("a lock that is not had in time is a retry, never a decline")
{
    LedgerFixture f;
    f.open();
    auto options = f.options();
    options.lock_timeout = std::chrono::milliseconds(20);
    store::PostgresLedger impatient(options);
    const auto sale = good::sale();
    {
        pqxx::connection connection(f.database.url());
        pqxx::work other(connection);
        other.exec("select * from account for update");
        const auto result = f.serve(impatient, sale);
        CHECK(result.end == BatchEnd::retry);
        CHECK(result.why.find("55P03") != std::string::npos);
    }
    CHECK(f.serve(impatient, sale).end == BatchEnd::committed);
}

TEST_CASE("how long a lock is waited for changes while a ledger works")
{
    LedgerFixture f;
    f.open();
    const auto limit = std::make_shared<std::atomic<std::chrono::milliseconds>>(std::chrono::hours{1});
    auto options = f.options();
    options.statement_timeout = std::chrono::milliseconds(300);
    options.current_lock_timeout = limit;
    store::PostgresLedger ledger(options);
    const auto sale = good::sale();
    pqxx::connection connection(f.database.url());
    pqxx::work other(connection);
    other.exec("select * from account for update");
    CHECK(f.serve(ledger, sale).why.find("57014") != std::string::npos); // the statement took too long
    limit->store(std::chrono::milliseconds(20));
    CHECK(f.serve(ledger, sale).why.find("55P03") != std::string::npos); // the lock did
    other.abort();
    CHECK(f.serve(ledger, sale).end == BatchEnd::committed);
}

TEST_CASE("trouble of the database before COMMIT is a retry, never a decline, and passes")
{
    struct Row {
        const char* name;
        const char* at_insert; ///< what happens when a row of the journal is written
        const char* why;
    };
    const Row rows[] = {
        {"the data volume is full (T14)", "raise exception 'no space' using errcode = 'disk_full'", "53100"},
        {"no memory", "raise exception 'no memory' using errcode = 'out_of_memory'", "53200"},
        {"an input or output error", "raise exception 'i/o' using errcode = 'io_error'", "58030"},
        {"a statement that takes too long (T3)", "perform pg_sleep(60)", "57014"},
        {"cancelled by an administrator", "perform pg_cancel_backend(pg_backend_pid())", "57014"},
        {"ended by an administrator", "perform pg_terminate_backend(pg_backend_pid())", ""},
        {"a serialization failure", "raise exception 'again' using errcode = 'serialization_failure'", "40"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        LedgerFixture f;
        const auto account = f.open();
        auto options = f.options();
        options.statement_timeout = std::chrono::milliseconds(200);
        store::PostgresLedger ledger(options);
        f.database.run(
            std::string("create function trouble() returns trigger language plpgsql as $$ begin ") +
            row.at_insert +
            "; return new; end $$; create trigger trouble before insert on journal for each row "
            "when (new.operation = 'sale') execute function trouble()");
        const auto sale = good::sale();
        const auto result = f.serve(ledger, sale);
        CHECK(result.end == BatchEnd::retry);
        CHECK(result.outcomes.empty());
        CHECK_MESSAGE(result.why.find(row.why) != std::string::npos, result.why);
        CHECK(f.balance(account) == 1'000);
        f.database.run("drop trigger trouble on journal");
        CHECK(f.serve(ledger, sale).end == BatchEnd::committed);
        CHECK(f.balance(account) == 900);
        CHECK(f.broken() == "");
    }
}

TEST_CASE(
    "T9: a process that is frozen in its transaction loses the lock, and what it then commits is in doubt")
{
    LedgerFixture f;
    const auto account = f.open();
    auto options = f.options();
    options.application_name = "frozen";
    options.idle_in_transaction_timeout = std::chrono::milliseconds(50);
    store::PostgresLedger frozen(options);
    const auto sale = good::sale(1);
    ActingGate freezing([&] {
        f.database.wait_until("not exists (select from pg_stat_activity where application_name = 'frozen')");
        CHECK(f.code(good::sale(2)) == "00"); // another node has the account
    });
    const auto end = f.serve(frozen, sale, freezing);
    CHECK_MESSAGE(end.end == BatchEnd::in_doubt, end.why);
    CHECK(f.balance(account) == 900);
    CHECK(f.serve(frozen, sale).end == BatchEnd::committed);
    CHECK(f.balance(account) == 800);
    CHECK(f.broken() == "");
}

TEST_CASE("T12: what a violated constraint quotes of a row does not leave the store")
{
    LedgerFixture f;
    f.open();
    f.database.run("alter table journal add constraint nothing_goes check (operation <> 'sale')");
    const auto sale = good::sale();
    const auto result = f.serve(sale);
    CHECK(result.end == BatchEnd::poisoned);
    CHECK(result.why.find("nothing_goes") != std::string::npos);
    CHECK(result.why.find("Failing row") == std::string::npos);
    CHECK(result.why.find(sale.merchant) == std::string::npos);
}

TEST_CASE("a database that went read-only, or away, is a retry")
{
    LedgerFixture f;
    f.open();
    const auto sale = good::sale();
    const std::string name = f.database.value("select current_database()");
    f.database.run("alter database " + name + " set default_transaction_read_only = on");
    const auto refused = f.serve(sale);
    CHECK(refused.end == BatchEnd::retry);
    CHECK(refused.why.find("25006") != std::string::npos);
    f.database.run("begin read write; alter database " + name +
                   " reset default_transaction_read_only; commit");
    CHECK(f.code(sale) == "00"); // the session of the standby is not used again

    store::LedgerOptions nowhere;
    nowhere.url = "postgresql:///x?host=/nonexistent";
    store::PostgresLedger lost(nowhere);
    CHECK(f.serve(lost, sale).end == BatchEnd::retry);
}

TEST_CASE("a request that no database can take poisons its batch and nothing else")
{
    LedgerFixture f;
    f.open();
    auto monster = good::sale(1);
    monster.amount.currency = 40'000; // ISO 4217 has three digits
    const auto result = f.serve(monster);
    CHECK(result.end == BatchEnd::poisoned);
    CHECK(result.why.find("TG000") != std::string::npos);
    CHECK(f.code(good::sale(2)) == "00");
    CHECK(f.broken() == "");
}

TEST_CASE("a real COMMIT with a warning, and one that rolls back, are seen as what they are")
{
    LedgerFixture f;
    auto session = session_on(f);
    const auto warned = session.commit(); // outside a transaction: tag COMMIT and a WARNING
    CHECK(warned.command_tag == "COMMIT");
    CHECK(warned.warnings.size() == 1);
    CHECK(store::end_of_commit(warned) == BatchEnd::in_doubt);

    session.begin();
    CHECK_THROWS(session.run(break_something));
    CHECK(session.commit().command_tag == "ROLLBACK");

    session.begin();
    CHECK(store::end_of_commit(session.commit()) == BatchEnd::committed);
}

TEST_CASE("every session has its limits from its start")
{
    LedgerFixture f;
    auto session = session_on(f);
    const std::pair<const char*, const char*> expected[] = {
        {"lock_timeout", "2s"},
        {"statement_timeout", "10s"},
        {"idle_in_transaction_session_timeout", "10s"},
        {"client_connection_check_interval", "500ms"},
        {"application_name", "tollgated"},
        {"default_transaction_isolation", "read committed"},
    };
    for (const auto& [name, value] : expected) {
        CAPTURE(name);
        const std::string text = std::string("select current_setting('") + name + "')";
        const store::queries::Query query = {name, text.c_str()};
        CHECK(session.run(query)[0][0].c_str() == std::string(value));
    }
}

TEST_CASE("a database that could lose a commit, or has another schema, is refused by one line")
{
    FreshDatabase empty(FreshDatabase::Schema::none);
    CHECK_THROWS_WITH(store::audit_settings(empty.url()),
                      "the database has no Tollgate schema; run tollgatectl migrate");

    FreshDatabase f;
    CHECK_NOTHROW(store::audit_settings(f.url()));
    const std::string name = f.value("select current_database()");
    f.run("alter database " + name + " set synchronous_commit = off");
    CHECK_THROWS_WITH(store::audit_settings(f.url()),
                      "the database runs with synchronous_commit = off; set it to on");
    f.run("alter database " + name +
          " reset synchronous_commit; insert into migration values (9999, 'x', 'x')");
    CHECK_THROWS_AS(store::audit_settings(f.url()), store::UnfitDatabase);

    // The ledger itself does not serve such a database either.
    store::LedgerOptions options;
    options.url = f.url();
    store::PostgresLedger ledger(options);
    OpenGate gate;
    const auto sale = good::sale();
    CHECK(ledger.serve({&sale, 1}, good::noon, gate).end == BatchEnd::retry);
}

TEST_CASE("a deadlock with somebody else is a passing trouble")
{
    LedgerFixture f;
    const auto first = f.open(1);
    const auto second = f.open(2);
    store::LedgerOptions options = f.options();
    options.lock_timeout = std::chrono::seconds{30}; // the deadlock is found first
    store::PostgresLedger ledger(options);

    pqxx::connection other(f.database.url());
    pqxx::nontransaction session(other);
    session.exec("set deadlock_timeout = '60s'"); // it is the ledger that looks first, and gives way
    session.exec("begin");
    session.exec("select from account where account_id = " + std::to_string(second) + " for update");

    std::vector<authz::Request> batch = {good::sale(1), good::sale(2)};
    batch[1].card = good::card(2).token;
    auto result = std::async(std::launch::async, [&] {
        OpenGate gate;
        return ledger.serve(batch, f.now, gate);
    });
    f.database.wait_until("exists (select from pg_stat_activity where wait_event_type = 'Lock')");
    session.exec("select from account where account_id = " + std::to_string(first) + " for update");
    session.exec("rollback");
    const auto end = result.get();
    CHECK_MESSAGE(end.end == BatchEnd::retry, end.why);
    CHECK(f.codes(batch) == Codes{"00", "00"});
}
