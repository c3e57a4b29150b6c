#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

namespace {

/// Lets another node serve a batch when the own one is written and not committed.
struct MeetingGate : authz::CommitGate {
    MeetingGate(authz::Ledger& an_other, const authz::Request& a_request, authz::Time a_time)
        : other(an_other), request(a_request), now(a_time)
    {
    }
    bool may_commit() override
    {
        OpenGate gate;
        met = other.serve({&request, 1}, now, gate).end;
        return true;
    }
    authz::Ledger& other;
    authz::Request request;
    authz::Time now;
    authz::BatchEnd met = authz::BatchEnd::poisoned;
};

} // namespace

TEST_CASE("a key that one node is deciding is not decided by another one")
{
    LedgerFixture f;
    f.open(1, 0); // nothing there: a decline, which no posting keeps from being written twice
    f.open(2, 0);
    auto hurried = f.options();
    hurried.lock_timeout = std::chrono::milliseconds{250};
    store::PostgresLedger other(hurried);
    const auto sale = good::sale();
    auto of_other_card = good::again(sale);
    of_other_card.card = good::card(2).token;
    of_other_card.content = good::id_of<authz::ContentDigest>(2);

    MeetingGate gate(other, of_other_card, f.now);
    const auto result = f.ledger.serve({&sale, 1}, f.now, gate);
    REQUIRE(result.end == authz::BatchEnd::committed);
    CHECK(result.outcomes.at(0).answer.code == "51");
    CHECK(gate.met == authz::BatchEnd::retry); // it waited in vain
    CHECK(f.code(of_other_card) == "94");
    CHECK(f.broken() == "");
}
