#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

#include <array>
#include <thread>

// Two nodes wait for one account at the same moment: what the first does meanwhile the second must see, and
// so it may not have looked before it waited.

namespace {

/// Keeps one account locked until it is told to let go.
class Blocker {
public:
    Blocker(const LedgerFixture& f, authz::AccountId account)
        : connection_(f.database.url()), work_(connection_)
    {
        work_.exec_params("select from account where account_id = $1 for update", account);
    }
    void let_go() { work_.commit(); }

private:
    pqxx::connection connection_;
    pqxx::work work_;
};

bool wait_for_locks(const LedgerFixture& f, int waiting)
{
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (std::chrono::steady_clock::now() < limit)
        if (f.database.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and "
                             "datname = current_database()") == std::to_string(waiting))
            return true;
    return false;
}

} // namespace

TEST_CASE("two cancels that wait for one account give its money back once")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale(1);
    REQUIRE(f.code(sale) == "00");
    auto patient = f.options();
    patient.lock_timeout = patient.statement_timeout = std::chrono::minutes{2};
    std::array<store::PostgresLedger, 2> nodes{store::PostgresLedger(patient),
                                               store::PostgresLedger(patient)};
    for (std::uint64_t n = 0; n < 2;
         ++n) { // they know the clearing account: one attempt is enough from now on
        const auto earlier = good::sale(10 + n);
        OpenGate gate;
        REQUIRE(nodes[n].serve({&earlier, 1}, f.now, gate).end == authz::BatchEnd::committed);
    }
    std::array<authz::BatchResult, 2> results;
    {
        Blocker blocker(f, account);
        const auto cancel_on = [&](std::size_t node) {
            const auto cancel = good::cancel(2 + node, sale);
            OpenGate gate;
            results[node] = nodes[node].serve({&cancel, 1}, f.now, gate);
        };
        std::jthread one(cancel_on, 0);
        std::jthread two(cancel_on, 1);
        CHECK(wait_for_locks(f, 2));
        blocker.let_go();
    }
    int approved = 0;
    for (const auto& result : results) {
        REQUIRE(result.end == authz::BatchEnd::committed);
        approved += result.outcomes.at(0).answer.reason == authz::Reason::approved ? 1 : 0;
    }
    CHECK(approved == 1);
    CHECK(f.balance(account) == 800);
    CHECK(f.broken() == "");
}
