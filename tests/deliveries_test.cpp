// Which deliveries are settled, and what a queue leaves behind.
#include "net/deliveries.hpp"
#include "net/keys.hpp"
#include "tests/support/ledger_queue_fixture.hpp"

#include <doctest/doctest.h>

using authz::BatchEnd;
using net::Deliveries;
using namespace scripted;

namespace {

/// A ticket as a connection makes it.
TicketPtr marked(Fixture& f, Deliveries& deliveries, std::uint64_t number, Deadlines deadlines = {})
{
    auto request = sale(number);
    request.delivery = deliveries.next();
    auto ticket = f.ticket(std::move(request), deadlines);
    ticket->mark = deliveries.mark();
    return ticket;
}

} // namespace

TEST_CASE("deliveries: numbers rise, and nothing asked for means all is settled")
{
    Deliveries deliveries(1'000);
    CHECK(deliveries.settled() == 1'000);
    CHECK(deliveries.next() == 1'000);
    CHECK(deliveries.next() == 1'001);
    CHECK(deliveries.settled() == 1'002);
}

TEST_CASE("deliveries: the oldest mark that is kept holds back its whole time, and no younger one")
{
    Deliveries deliveries(100);
    const auto hold = [&] {
        (void)deliveries.next();
        return deliveries.mark();
    };
    auto first = hold();
    CHECK(deliveries.settled() == 100);
    auto second = hold();
    auto third = hold();
    CHECK(deliveries.settled() == 100);
    second.reset();
    CHECK(deliveries.settled() == 100);
    first.reset();
    CHECK(deliveries.settled() == 101);
    third.reset();
    CHECK(deliveries.settled() == 103);
}

TEST_CASE("deliveries: an approval that stayed silent is settled when its undo is durable")
{
    Deliveries deliveries(100);
    Fixture f;
    auto ticket = marked(f, deliveries, 1, {MonoTime::max(), past});
    CHECK(f.queue.submit(ticket) == LedgerQueue::Submitted::taken);
    (void)f.waiting->wait(1);
    f.script.say({.waits_after_gate = true});
    f.queue.undo_unanswered(*ticket);
    f.script.wait_stopped();
    ticket.reset();
    f.waiting.reset(); // nobody keeps the ticket any more
    CHECK(deliveries.settled() == 100);
    f.finish();
    CHECK(deliveries.settled() == 101);
}

TEST_CASE("ledger queue: after an abort no COMMIT is sent, and what waited has no undo")
{
    Fixture f;
    const auto first = f.submit_executing(sale(1));
    const auto second = f.submit(sale(2));
    f.queue.abort();
    const auto remains = f.queue.remains();
    CHECK(remains.requests == 2);
    CHECK(remains.due_undos.empty());
    CHECK(remains.is_complete);
    f.script.release();
    f.script.wait_attempts(1);
    CHECK(f.script.attempts()[0].end == BatchEnd::gate_closed);
    CHECK(f.waiting->count() == 0);
}

TEST_CASE("ledger queue: an abort leaves the undo of what is committing, and those that waited")
{
    Fixture f;
    const auto later = std::chrono::steady_clock::now() + std::chrono::hours{1};
    const auto silent = f.submit(sale(1), {later, later});
    (void)f.waiting->wait(1);
    f.queue.undo_unanswered(*silent); // waits for its cut-off
    const auto committing = f.submit_committing(sale(2));
    f.queue.abort();
    const auto remains = f.queue.remains();
    f.script.release();
    CHECK(remains.has_unknown());
    REQUIRE(remains.due_undos.size() == 2);
    CHECK(remains.due_undos[0].key == net::own_undo_of(committing->request).key);
    CHECK(remains.due_undos[1].key == net::own_undo_of(silent->request).key);
}
