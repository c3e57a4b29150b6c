// What the ledger queue does with requests that cannot be served, and with orders without end.
#include "net/keys.hpp"
#include "net/parking.hpp"
#include "tests/support/ledger_queue_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using authz::BatchEnd;
using authz::Operation;
using namespace scripted;
using net::Ending;
using net::Parking;
using net::TicketState;

namespace {

const authz::CardToken card_a = good::id_of<authz::CardToken>(1);
const authz::CardToken card_b = good::id_of<authz::CardToken>(2);

authz::Request sale(std::uint64_t number, const authz::CardToken& card)
{
    auto request = good::sale(number);
    request.card = card;
    return request;
}
bool was_tried(const Script& script, const TicketPtr& ticket)
{
    return std::ranges::any_of(script.attempts(), [&](const auto& attempt) {
        return std::ranges::any_of(attempt.requests, [&](const auto& request) {
            return request.delivery == ticket->request.delivery;
        });
    });
}

/// Requests that come in one batch: they are submitted while the ledger stands still in another.
template <class... Requests> std::vector<TicketPtr> submit_together(Fixture& f, const Requests&... requests)
{
    (void)f.submit_executing(sale(900, good::id_of<authz::CardToken>(900)));
    std::vector<TicketPtr> tickets{f.submit(requests)...};
    f.script.release();
    return tickets;
}

} // namespace

// --- one account that cannot be had

TEST_CASE("ledger parking: one locked account stops no other card, and its card keeps its order")
{
    Fixture f;
    f.script.lock_card(card_a);
    const auto a1 = f.submit(sale(1, card_a));
    f.script.wait_attempts(3); // together, together, alone
    const auto a2 = f.submit(sale(2, card_a));
    const auto b = f.submit(sale(3, card_b));
    CHECK(f.waiting->wait(1)[0] == b);
    CHECK_FALSE(was_tried(f.script, a2));
    CHECK(a1->state == TicketState::executing);
    f.script.unlock_card();
    const auto ended = f.waiting->wait(3);
    CHECK(ended[1] == a1);
    CHECK(ended[2] == a2);
    CHECK(f.queue.drain(long_enough));
}

TEST_CASE("ledger parking: a batch that fails twice is taken apart, and all but the locked card is served")
{
    Fixture f;
    f.script.lock_card(card_a);
    const auto sent = submit_together(f, sale(1, card_b), sale(2, card_a), sale(3, card_b), sale(4, card_a),
                                      sale(5, card_b));
    const auto ended = f.waiting->wait(4); // and the one before them
    CHECK(ended[1] == sent[0]);
    CHECK(ended[2] == sent[2]);
    CHECK(ended[3] == sent[4]);
    const auto attempts = f.script.attempts();
    CHECK(attempts[1].requests.size() == 5);
    CHECK(attempts[2].requests.size() == 5);
    for (std::size_t i = 3; i < attempts.size(); ++i) CHECK(attempts[i].requests.size() == 1);
    f.script.unlock_card();
    CHECK(f.waiting->wait(6)[4] == sent[1]);
    CHECK(f.waiting->wait(6)[5] == sent[3]);
}

TEST_CASE("ledger parking: what expires there is recorded and told when the lock is gone")
{
    Fixture f;
    f.script.lock_card(card_a);
    const auto a = f.submit(sale(1, card_a));
    f.script.wait_attempts(3);
    CHECK(f.queue.expire(*a));
    CHECK(f.submit(sale(2, card_b)));
    (void)f.waiting->wait(1);
    f.script.unlock_card();
    CHECK(f.queue.drain(long_enough));
    const auto last = f.script.attempts().back().requests.at(0);
    CHECK(last.delivery == a->request.delivery);
    CHECK(last.abandoned);
    CHECK(f.waiting->wait(2)[1] == a);
}

TEST_CASE("ledger parking: with the database away nothing is taken apart for long, and nothing is lost")
{
    Fixture f;
    f.script.say({.waits_before_gate = true}); // for submit_together
    for (int i = 0; i < 6; ++i) f.script.say({.end = BatchEnd::retry, .skips_gate = true});
    (void)f.submit(sale(900, good::id_of<authz::CardToken>(900)));
    f.script.wait_stopped();
    constexpr std::size_t count = 20;
    for (std::uint64_t i = 1; i <= count; ++i) (void)f.submit(sale(i, good::id_of<authz::CardToken>(i)));
    f.script.release();
    (void)f.waiting->wait(count + 1);
    const auto attempts = f.script.attempts();
    const auto is_rest = [](const auto& attempt) { return attempt.requests.size() == count - 4; };
    CHECK(std::ranges::any_of(attempts, is_rest)); // four were tried alone, the others stayed together
}

TEST_CASE("ledger parking: a request in doubt keeps its doubt there")
{
    Fixture f;
    f.script.say({.end = BatchEnd::in_doubt});
    f.script.say({.end = BatchEnd::retry, .skips_gate = true});
    f.script.say({.end = BatchEnd::retry, .skips_gate = true});
    f.script.say({.end = BatchEnd::retry, .skips_gate = true});
    const auto t = f.submit_executing(sale(1, card_a));
    CHECK(t->state == TicketState::committing);
    CHECK_FALSE(f.queue.expire(*t));
    CHECK(f.queue.remains().in_doubt == 1);
    f.script.release();
    CHECK(f.waiting->wait(1).front() == t);
}

// --- what the ledger chokes on

TEST_CASE("ledger parking: a reversal that the ledger refuses is tried for ever and holds nobody up")
{
    Fixture f;
    f.script.poison(reversal(10).key);
    const auto order = f.submit(reversal(10));
    f.script.wait_attempts(5);
    CHECK(f.queue.give_up(*order));
    const auto same_card = f.submit(sale(2, card_a));
    CHECK(f.waiting->wait(1)[0] == same_card);
    f.script.wait_more_attempts(3);
    CHECK(f.queue.orders() == 1);
    f.script.cure();
    CHECK(f.queue.drain(long_enough));
    CHECK(f.queue.orders() == 0);
    CHECK(f.script.committed_operations().back() == Operation::fault_reversal);
}

TEST_CASE("ledger parking: a reversal that cannot be written is tried on and not acknowledged")
{
    for (const BatchEnd end : {BatchEnd::retry, BatchEnd::in_doubt, BatchEnd::poisoned}) {
        CAPTURE(static_cast<int>(end));
        Fixture f;
        for (int i = 0; i < 3; ++i) f.script.say({.end = end});
        f.script.say({.waits_before_gate = true});
        const auto t = f.submit(reversal(10));
        f.script.wait_stopped();
        CHECK(f.script.attempts().size() == 3);
        CHECK(t->state != TicketState::done);
        CHECK(f.waiting->count() == 0);
        f.script.release();
        CHECK(f.waiting->wait(1).front() == t);
        CHECK(t->ending == Ending::decided);
    }
}

TEST_CASE("ledger parking: an own undo that the ledger refuses is tried for ever")
{
    Fixture f;
    f.script.poison(net::own_undo_of(good::sale(1)).key);
    const auto t = f.submit_committing(good::sale(1));
    CHECK(f.queue.give_up(*t));
    f.script.release();
    f.script.wait_attempts(5);
    f.script.cure();
    CHECK(f.queue.drain(long_enough));
    CHECK(f.script.committed_operations().back() == Operation::own_undo);
}

TEST_CASE("ledger parking: whose decline cannot be written has failed")
{
    Fixture f;
    const auto expired = sale(1, card_a);
    f.script.poison(expired.key);
    (void)f.submit_executing(sale(2, card_b));
    const auto t = f.submit(expired);
    CHECK(f.queue.expire(*t));
    f.finish();
    CHECK(t->ending == Ending::failed);
}

// --- orders without end

TEST_CASE("ledger parking: orders have a bound of their own, and requests do not feel it")
{
    auto settings = good_settings();
    settings.queue_max = 2;
    settings.order_factor = 4;
    Fixture f(settings);
    (void)f.submit_executing(sale(1, card_a));
    for (std::uint64_t i = 0; i < 8; ++i) (void)f.submit(reversal(10 + i));
    CHECK(f.queue.submit(f.ticket(reversal(20))) == LedgerQueue::Submitted::not_taken);
    CHECK(f.queue.orders() == 8);
    CHECK(f.queue.waiting() == 0);
    (void)f.submit(sale(2, card_a));
    f.script.release();
    (void)f.waiting->wait(10);
    CHECK(f.queue.orders() == 0);
    (void)f.submit(reversal(20));
    CHECK(f.queue.drain(long_enough));
}

TEST_CASE("ledger parking: equal reversals that nobody waits for any more are one")
{
    Fixture f;
    (void)f.submit_executing(sale(1, card_a));
    auto repeated = reversal(10);
    for (int i = 0; i < 1'000; ++i) {
        repeated = good::again(repeated);
        CHECK(f.queue.give_up(*f.submit(repeated)));
    }
    CHECK(f.queue.orders() == 1);
    const auto waited_for = f.submit(good::again(repeated));
    CHECK(f.queue.orders() == 1);
    const auto other_content = [&] {
        auto other = good::again(repeated);
        other.content = good::id_of<authz::ContentDigest>(99);
        return f.submit(other);
    }();
    CHECK(f.queue.orders() == 2);
    f.script.release();
    const auto ended = f.waiting->wait(3);
    CHECK(ended[1] == waited_for);
    CHECK(ended[2] == other_content);
    CHECK(f.script.committed_operations().size() == 3);
}

// --- the end

TEST_CASE("ledger parking: a drain that leaves an undo or a doubt tells which")
{
    Fixture f;
    const auto t = f.submit_committing(sale(1, card_a));
    CHECK(f.queue.give_up(*t));
    CHECK_FALSE(f.queue.drain(std::chrono::milliseconds{0}));
    CHECK(f.queue.remains().in_doubt == 1);
    CHECK(f.queue.remains().keys == std::vector{t->request.key});
    f.script.poison(net::own_undo_of(t->request).key);
    f.script.release();
    f.script.wait_attempts(3);
    CHECK_FALSE(f.queue.drain(std::chrono::milliseconds{0}));
    CHECK(f.queue.remains().in_doubt == 0);
    CHECK(f.queue.remains().undos == 1);
    CHECK(f.queue.remains().keys == std::vector{t->request.key});
    CHECK(f.queue.remains().has_unknown());
    f.script.cure();
    CHECK(f.queue.drain(long_enough));
    CHECK_FALSE(f.queue.remains().has_unknown());
    CHECK(f.queue.remains().keys.empty());
}

TEST_CASE("ledger parking: what is left without an effect is no unknown")
{
    Fixture f;
    (void)f.submit_executing(sale(1, card_a));
    (void)f.submit(reversal(10));
    CHECK_FALSE(f.queue.drain(std::chrono::milliseconds{0}));
    const auto remains = f.queue.remains();
    CHECK(remains.requests == 1);
    CHECK(remains.reversals == 1);
    CHECK_FALSE(remains.has_unknown());
    f.script.release();
}

TEST_CASE("ledger parking: an undo that is ordered after a drain is drained the next time")
{
    Fixture f;
    const auto later = std::chrono::steady_clock::now() + std::chrono::hours{1};
    const auto t = f.submit(sale(1, card_a), {later, later});
    (void)f.waiting->wait(1);
    CHECK(f.queue.drain(long_enough));
    f.queue.undo_unanswered(*t);
    CHECK(f.queue.drain(long_enough));
    CHECK(f.script.committed_operations().back() == Operation::own_undo);
}

// --- the lanes by themselves

TEST_CASE("ledger parking: tries become rarer, and take a small part of the ledger's time")
{
    using namespace std::chrono_literals;
    const MonoTime start{1h};
    Parking parking({10ms, 100ms, 50ms});
    const auto ticket = std::make_shared<net::Ticket>(sale(1, card_a), net::Deadlines{});
    const auto lane = Parking::card_lane(*ticket);
    CHECK(parking.next_due() == MonoTime::max());
    parking.add(lane, ticket, start);
    CHECK(parking.next_due() == start + 10ms);
    const std::chrono::milliseconds expected[] = {20ms, 40ms, 80ms, 100ms, 100ms};
    for (const auto pause : expected) {
        parking.put_back(parking.take(), 1ms, start);
        CHECK(parking.next_due() == start + pause);
    }
    parking.put_back(parking.take(), 1s, start);
    CHECK(parking.next_due() == start + 4s);
    parking.hurry(start);
    CHECK(parking.next_due() == start);
    CHECK(parking.take().ticket == ticket);
    CHECK(parking.holds(lane));
    CHECK(parking.release(lane).empty());
    CHECK(parking.empty());
}

TEST_CASE("ledger parking: a lane does not fill up with declines, and keeps its orders")
{
    Parking parking({});
    const auto order = std::make_shared<net::Ticket>(reversal(10), net::Deadlines{});
    const auto lane = Parking::card_lane(*order);
    const MonoTime now{};
    parking.add(lane, order, now);
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        const auto declined = std::make_shared<net::Ticket>(sale(i, card_a), net::Deadlines{});
        CHECK(declined->move(TicketState::queued, TicketState::expired));
        parking.add(lane, declined, now);
    }
    const auto parked = parking.take();
    CHECK(parked.ticket == order);
    CHECK(parking.release(lane).size() < 100);
}
