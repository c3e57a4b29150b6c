// What RELIABILITY 5 saw of PostgreSQL, against the ledger: a standby that is missing (T1-T4), backends and
// whole servers that die (T11). The cluster is this test's own.
#include "tests/support/acting_gate.hpp"
#include "tests/support/cluster_faults.hpp"
#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

#include <future>

using authz::BatchEnd;
using authz::BatchResult;
using cluster_faults::MissingStandby;

namespace {

/// Serves on a thread of its own.
std::future<BatchResult> serve_aside(LedgerFixture& f, store::PostgresLedger& ledger,
                                     const authz::Request& request)
{
    return std::async(std::launch::async, [&f, &ledger, request] { return f.serve(ledger, request); });
}

/// The same delivery again, in a new session, until its end is known.
std::string resolve(LedgerFixture& f, const authz::Request& request)
{
    for (;;) {
        const BatchResult result = f.serve(request);
        if (result.end == BatchEnd::committed) return result.outcomes.at(0).answer.code;
        REQUIRE((result.end == BatchEnd::retry || result.end == BatchEnd::in_doubt));
    }
}

/// While the database is not ready for it.
BatchResult serve_past_retries(LedgerFixture& f, store::PostgresLedger& ledger, const authz::Request& request)
{
    BatchResult result;
    do result = f.serve(ledger, request);
    while (result.end == BatchEnd::retry);
    return result;
}

/// Serves, and has this function of PostgreSQL called for the session whose COMMIT waits for the standby.
BatchResult serve_and_meet(LedgerFixture& f, const authz::Request& request, const std::string& function)
{
    MissingStandby missing(f.database);
    auto served = serve_aside(f, f.ledger, request);
    missing.wait_for_commit();
    f.database.run("select " + function +
                   "(pid) from pg_stat_activity where application_name = 'test' and wait_event = 'SyncRep' "
                   "and datname = current_database()");
    return served.get();
}

bool is_ready(const std::future<BatchResult>& future)
{
    return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

} // namespace

TEST_CASE("T1: a COMMIT whose wait for the standby is cancelled comes with a WARNING and is in doubt")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale();
    REQUIRE(f.code(good::sale(2)) == "00"); // the session stands
    const BatchResult result = serve_and_meet(f, sale, "pg_cancel_backend");
    CHECK(result.end == BatchEnd::in_doubt);
    CHECK(result.outcomes.empty());
    CHECK_MESSAGE(result.why.find("COMMIT answered \"COMMIT\"; WARNING") == 0, result.why);
    CHECK(resolve(f, sale) == "00");
    CHECK(f.balance(account) == 800);
    CHECK(f.broken() == "");
}

TEST_CASE("T2: a COMMIT whose session is ended while it waits for the standby is in doubt")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale();
    REQUIRE(f.code(good::sale(2)) == "00");
    CHECK(serve_and_meet(f, sale, "pg_terminate_backend").end == BatchEnd::in_doubt);
    CHECK(resolve(f, sale) == "00");
    CHECK(f.balance(account) == 800);
    CHECK(f.broken() == "");
}

TEST_CASE("T3: no time limit of the database ends a COMMIT that waits; a repeat gets no lock and no answer")
{
    LedgerFixture f;
    f.open();
    auto options = f.options();
    options.statement_timeout = std::chrono::milliseconds(100);
    store::PostgresLedger first(options);
    options.application_name = "second";
    options.statement_timeout = std::chrono::seconds{10};
    options.lock_timeout = std::chrono::milliseconds(300); // longer than the other's statement may take
    store::PostgresLedger second(options);
    const auto sale = good::sale();
    std::future<BatchResult> served;
    {
        REQUIRE(f.code(good::sale(2)) == "00"); // opens the clearing account
        MissingStandby missing(f.database);
        served = serve_aside(f, first, sale);
        missing.wait_for_commit();
        const auto repeat = good::again(sale);
        const BatchResult refused = f.serve(second, repeat);
        CHECK(refused.end == BatchEnd::retry);
        CHECK_MESSAGE(refused.why.find("55P03") != std::string::npos, refused.why);
        CHECK_FALSE(is_ready(served));
        missing.wait_for_commit(); // still
    }
    CHECK(served.get().end == BatchEnd::committed);
    CHECK(f.code(good::again(sale)) == "00");
    CHECK(f.broken() == "");
}

TEST_CASE("T4: a repeat that finds a row which no standby has is answered only behind a COMMIT of its own")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale();
    REQUIRE(f.code(good::sale(2)) == "00");
    std::future<BatchResult> repeated;
    {
        MissingStandby missing(f.database);
        auto served = serve_aside(f, f.ledger, sale);
        missing.wait_for_commit();
        cluster_faults::restart(f.database); // alone: now everybody sees the row
        CHECK(served.get().end == BatchEnd::in_doubt);
        CHECK(f.balance(account) == 800);
        repeated = std::async(std::launch::async,
                              [&] { return serve_past_retries(f, f.ledger, good::again(sale)); });
        missing.wait_for_commit();
        CHECK_FALSE(is_ready(repeated));
    }
    const BatchResult result = repeated.get();
    REQUIRE(result.end == BatchEnd::committed);
    CHECK(result.outcomes.at(0).answer.code == "00");
    CHECK(f.broken() == "");
}

TEST_CASE("T11: kill -9 of one backend puts what others commit in doubt, and all come back by themselves")
{
    LedgerFixture f;
    const auto account = f.open();
    auto options = f.options();
    options.application_name = "bystander";
    store::PostgresLedger bystander(options);
    const auto earlier = good::sale(2);
    REQUIRE(f.serve(bystander, earlier).end == BatchEnd::committed);
    const auto sale = good::sale();
    ActingGate killing([&] {
        cluster_faults::kill_backends(f.database, "bystander");
        cluster_faults::wait_ready(f.database);
    });
    const auto shot = f.serve(f.ledger, sale, killing);
    CHECK(shot.end == BatchEnd::in_doubt);
    CHECK(resolve(f, sale) == "00");
    CHECK(serve_past_retries(f, bystander, good::sale(3)).end == BatchEnd::committed);
    CHECK(f.balance(account) == 700);
    CHECK(f.broken() == "");
}

TEST_CASE(
    "a server that is stopped at once and started again loses nothing that was told, and doubles nothing")
{
    LedgerFixture f;
    const auto account = f.open();
    REQUIRE(f.code(good::sale(1)) == "00");
    const auto sale = good::sale(2);
    ActingGate restarting([&] { cluster_faults::restart(f.database); });
    CHECK(f.serve(f.ledger, sale, restarting).end == BatchEnd::in_doubt);
    CHECK(f.balance(account) == 900);
    CHECK(resolve(f, sale) == "00");
    CHECK(f.code(good::again(good::sale(1))) == "00");
    cluster_faults::restart(f.database); // while nothing is under way
    CHECK(resolve(f, good::sale(3)) == "00");
    CHECK(f.balance(account) == 700);
    CHECK(f.broken() == "");
}
