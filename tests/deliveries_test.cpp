// Which deliveries are settled, and what a queue leaves behind.
#include "net/deliveries.hpp"
#include "net/keys.hpp"
#include "tests/support/ledger_queue_fixture.hpp"

#include <doctest/doctest.h>

using authz::BatchEnd;
using authz::Settled;
using net::Deliveries;
using namespace scripted;

namespace {

authz::Time at(int seconds)
{
    return authz::Time{std::chrono::seconds{seconds}};
}

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
    Deliveries deliveries(1'000, at(0));
    CHECK(deliveries.settled(at(1)) == Settled{1'000, at(1)});
    CHECK(deliveries.next() == 1'000);
    CHECK(deliveries.next() == 1'001);
    CHECK(deliveries.settled(at(2)) == Settled{1'002, at(2)});
}

TEST_CASE("deliveries: the oldest mark that is kept holds back its whole time, and no younger one")
{
    Deliveries deliveries(100, at(0));
    const auto hold = [&] {
        (void)deliveries.next();
        return deliveries.mark();
    };
    auto first = hold();
    CHECK(deliveries.settled(at(1)) == Settled{100, at(0)});
    auto second = hold();
    auto third = hold();
    CHECK(deliveries.settled(at(2)) == Settled{100, at(0)});
    second.reset();
    CHECK(deliveries.settled(at(3)) == Settled{100, at(0)}); // hours later, too: it came then
    first.reset();
    CHECK(deliveries.settled(at(4)) == Settled{101, at(1)});
    third.reset();
    CHECK(deliveries.settled(at(5)) == Settled{103, at(5)});
}

TEST_CASE("deliveries: an approval that stayed silent is settled when its undo is durable")
{
    Deliveries deliveries(100, at(0));
    Fixture f;
    auto ticket = marked(f, deliveries, 1, {MonoTime::max(), past});
    CHECK(f.queue.submit(ticket) == LedgerQueue::Submitted::taken);
    (void)f.waiting->wait(1);
    f.script.say({.waits_after_gate = true});
    f.queue.undo_unanswered(*ticket);
    f.script.wait_stopped();
    ticket.reset();
    f.waiting.reset(); // nobody keeps the ticket any more
    CHECK(deliveries.settled(at(1)).below == 100);
    f.finish();
    CHECK(deliveries.settled(at(2)).below == 101);
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
