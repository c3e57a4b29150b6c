// Decision 0012: a decline leaves once its row is durable.
#include "tests/support/ledger_queue_fixture.hpp"

#include <doctest/doctest.h>

using authz::BatchEnd;
using namespace scripted;

TEST_CASE("ledger decline: nobody is told while its COMMIT is not sure")
{
    for (const BatchEnd end : {BatchEnd::retry, BatchEnd::in_doubt}) {
        CAPTURE(static_cast<int>(end));
        Fixture f;
        f.script.say({.waits_before_gate = true});
        f.script.say({.end = end});
        f.script.say({.waits_after_gate = true});
        const auto expired = f.submit(good::sale(1));
        f.script.wait_stopped();
        CHECK(f.queue.expire(*expired));
        f.script.release();
        f.script.wait_attempts(2); // the gate was closed, then COMMIT was not sure
        f.script.wait_stopped();
        CHECK(f.waiting->count() == 0);
        f.script.release();
        CHECK(f.waiting->wait(1).front() == expired);
        CHECK(expired->outcome.answer.reason == authz::Reason::deadline_passed);
        CHECK(f.script.attempts().back().requests[0].abandoned);
    }
}
