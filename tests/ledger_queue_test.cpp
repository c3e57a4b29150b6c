#include "net/keys.hpp"
#include "tests/support/ledger_queue_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using authz::BatchEnd;
using authz::Operation;
using namespace scripted;
using net::Ending;
using net::TicketState;

// --- DESIGN 3's table, row by row

TEST_CASE("ledger queue: a request is done when its batch is committed")
{
    Fixture f;
    const auto t = f.submit(sale(1));
    CHECK(f.waiting->wait(1).front() == t);
    CHECK(t->state == TicketState::done);
    CHECK(t->ending == Ending::decided);
    CHECK(t->outcome.answer.reason == authz::Reason::approved);
}

TEST_CASE("ledger queue: what expires while queued is told once its decline is durable")
{
    Fixture f;
    (void)f.submit_executing(sale(1));
    const auto queued = f.submit(sale(2));
    CHECK(f.queue.expire(*queued));
    CHECK_FALSE(f.queue.expire(*queued)); // only one may answer
    CHECK(f.waiting->count() == 0);
    f.script.release();
    CHECK(f.waiting->wait(2)[1] == queued);
    CHECK(f.script.attempts()[1].requests[0].abandoned);
    CHECK(queued->ending == Ending::decided);
    CHECK(queued->outcome.answer.reason == authz::Reason::deadline_passed);
}

TEST_CASE("ledger queue: an expired request that is given up is recorded, and nobody is answered")
{
    Fixture f;
    (void)f.submit_executing(sale(1));
    const auto queued = f.submit(sale(2));
    CHECK(f.queue.expire(*queued));
    CHECK(f.queue.give_up(*queued));
    f.finish();
    CHECK(f.script.attempts()[1].requests[0].abandoned);
    CHECK_FALSE(queued->outcome.undo_if_unanswered);
}

TEST_CASE("ledger queue: what expires while executing makes the batch run again without its effect")
{
    Fixture f;
    const auto first = f.submit_executing(sale(1));
    CHECK(f.queue.expire(*first));
    f.script.release();
    f.script.wait_attempts(2);
    const auto attempts = f.script.attempts();
    CHECK(attempts[0].end == BatchEnd::gate_closed);
    CHECK_FALSE(attempts[0].requests[0].abandoned);
    CHECK(attempts[1].end == BatchEnd::committed);
    CHECK(attempts[1].requests[0].abandoned);
    CHECK(f.queue.drain(long_enough));
    CHECK(f.waiting->wait(1).front() == first);
    CHECK(first->outcome.answer.reason == authz::Reason::deadline_passed);
    CHECK(f.script.committed_operations() == std::vector{Operation::sale}); // nothing to undo
}

TEST_CASE("ledger queue: the others of a batch whose gate closed are served")
{
    Fixture f;
    (void)f.submit_executing(sale(1));
    const auto second = f.submit(sale(2));
    const auto third = f.submit(sale(3));
    f.script.say({.waits_before_gate = true});
    f.script.release();
    f.script.wait_attempts(1);
    f.script.wait_stopped(); // 2 and 3 are executing together
    CHECK(f.queue.expire(*third));
    f.script.release();
    CHECK(f.waiting->wait(3)[1] == second);
    const auto attempts = f.script.attempts();
    CHECK(attempts[1].end == BatchEnd::gate_closed);
    CHECK_FALSE(attempts[2].requests[0].abandoned);
    CHECK(attempts[2].requests[1].abandoned);
}

TEST_CASE("ledger queue: nobody declines what is committing")
{
    Fixture f;
    const auto t = f.submit_committing(sale(1));
    CHECK_FALSE(f.queue.expire(*t));
    f.script.release();
    CHECK(f.waiting->wait(1).front() == t);
}

TEST_CASE("ledger queue: an effect that is late is undone, in silence")
{
    Fixture f;
    const auto t = f.submit_committing(sale(1));
    CHECK(f.queue.give_up(*t));
    f.script.release();
    f.script.wait_attempts(2);
    const auto undo = f.script.attempts()[1].requests.at(0);
    CHECK(undo.operation == Operation::own_undo);
    CHECK(undo.original->key == t->request.key);
    CHECK(undo.delivery == t->request.delivery);
    CHECK(undo.key == net::own_undo_of(t->request).key);
    CHECK(undo.key != t->request.key);
    CHECK(std::equal(undo.key.bytes.begin(), undo.key.bytes.begin() + 4, t->request.key.bytes.begin()));
    CHECK(f.queue.drain(long_enough));
    CHECK(f.waiting->count() == 0);
}

TEST_CASE("ledger queue: what is given up before it is committing is not executed")
{
    Fixture f;
    const auto t = f.submit_executing(sale(1));
    CHECK(f.queue.give_up(*t));
    f.finish();
    CHECK(f.script.committed_operations() == std::vector{Operation::sale});
    CHECK(f.script.attempts().back().requests[0].abandoned);
}

TEST_CASE("ledger queue: a request whose deadline has passed with nobody looking is not executed")
{
    Fixture f;
    (void)f.submit_executing(sale(1));
    // An estimate of no wait at all lets it in; then time passes while the ledger stands.
    const auto t = f.ticket(sale(2), {past, past});
    CHECK(f.queue.submit(t) == LedgerQueue::Submitted::not_taken);
    const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds{20};
    const auto let_in = f.submit(sale(3), {soon, soon});
    while (std::chrono::steady_clock::now() < soon) std::this_thread::yield();
    f.script.release();
    CHECK(f.waiting->wait(2)[0]->ending != Ending::none);
    CHECK(let_in->outcome.answer.reason == authz::Reason::deadline_passed);
    CHECK(f.script.attempts()[1].requests[0].abandoned);
}

// --- orders

TEST_CASE("ledger queue: a fault reversal never expires; late, it is silent and still executed")
{
    Fixture f;
    const auto executing = f.submit_executing(reversal(10));
    const auto queued = f.submit(reversal(11));
    CHECK_FALSE(f.queue.expire(*queued));
    CHECK_FALSE(f.queue.expire(*executing));
    CHECK(f.queue.give_up(*queued));
    CHECK(f.queue.give_up(*executing));
    f.finish();
    for (const auto& attempt : f.script.attempts()) {
        CHECK(attempt.end == BatchEnd::committed);
        CHECK_FALSE(attempt.requests[0].abandoned);
    }
    CHECK(f.script.attempts().size() == 2);
    CHECK(f.waiting->count() == 0);
}

TEST_CASE("ledger queue: reversals are taken when requests are refused for overload")
{
    auto settings = good_settings();
    settings.queue_max = 1;
    Fixture f(settings);
    (void)f.submit_executing(sale(1));
    (void)f.submit(sale(2));
    CHECK(f.queue.submit(f.ticket(sale(3))) == LedgerQueue::Submitted::not_taken);
    (void)f.submit(reversal(10));
    f.script.release();
    CHECK(f.waiting->wait(3).size() == 3);
}

// --- trouble

TEST_CASE("ledger queue: a batch that was rolled back is run again")
{
    Fixture f;
    f.script.say({.end = BatchEnd::retry, .skips_gate = true});
    f.script.say({.end = BatchEnd::retry}); // also behind the gate
    const auto t = f.submit(sale(1));
    CHECK(f.waiting->wait(1).front() == t);
    CHECK(f.script.attempts().size() == 3);
    CHECK(t->outcome.undo_if_unanswered);
}

TEST_CASE("ledger queue: between two tries a request may expire")
{
    Fixture f;
    f.script.say({.end = BatchEnd::retry});
    const auto t = f.submit_executing(sale(1));
    CHECK(f.queue.expire(*t));
    f.finish();
    CHECK(f.script.attempts().back().requests[0].abandoned);
    CHECK(t->outcome.answer.reason == authz::Reason::deadline_passed);
}

TEST_CASE("ledger queue: in doubt, the same deliveries run until an end is known, and nobody declines them")
{
    Fixture f;
    f.script.say({.end = BatchEnd::in_doubt});
    f.script.say({.end = BatchEnd::retry, .skips_gate = true});
    const auto t = f.submit_executing(sale(1));
    CHECK(t->state == TicketState::committing);
    CHECK_FALSE(f.queue.expire(*t));
    f.script.release();
    CHECK(f.waiting->wait(1).front() == t);
    for (const auto& attempt : f.script.attempts()) {
        CHECK(attempt.requests[0].delivery == t->request.delivery);
        CHECK_FALSE(attempt.requests[0].abandoned);
    }
}

TEST_CASE("ledger queue: in doubt and late, then committed: it is undone")
{
    Fixture f;
    f.script.doubt_means_committed = true;
    const auto t = f.submit_committing(sale(1), BatchEnd::in_doubt);
    CHECK(f.queue.give_up(*t));
    f.finish();
    const auto attempts = f.script.attempts();
    REQUIRE(attempts.size() == 3);
    CHECK(attempts[1].requests[0].abandoned);
    CHECK(attempts[2].requests[0].operation == Operation::own_undo);
}

TEST_CASE("ledger queue: in doubt and late, then not committed: it is only recorded")
{
    Fixture f;
    const auto t = f.submit_committing(sale(1), BatchEnd::in_doubt);
    CHECK(f.queue.give_up(*t));
    f.finish();
    const auto attempts = f.script.attempts();
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[1].requests[0].abandoned);
}

TEST_CASE("ledger queue: late during a second attempt in doubt, then committed: it is undone")
{
    Fixture f;
    f.script.say({.end = BatchEnd::in_doubt});
    const auto t = f.submit_executing(sale(1));
    CHECK(f.queue.give_up(*t));
    f.finish();
    const auto attempts = f.script.attempts();
    REQUIRE(attempts.size() == 3);
    CHECK(attempts[1].end == BatchEnd::committed); // the gate must not take others back out of doubt
    CHECK(attempts[2].requests[0].operation == Operation::own_undo);
}

TEST_CASE("ledger queue: a fault reversal in doubt and late is run as what it is")
{
    Fixture f;
    const auto t = f.submit_committing(reversal(10), BatchEnd::in_doubt);
    CHECK(f.queue.give_up(*t));
    f.finish();
    CHECK_FALSE(f.script.attempts().back().requests[0].abandoned);
}

TEST_CASE("ledger queue: one poisoned request does not take the good ones with it")
{
    Fixture f;
    (void)f.submit_executing(sale(1));
    f.script.poison(sale(3).key);
    const auto good_before = f.submit(sale(2));
    const auto poisoned = f.submit(sale(3));
    const auto good_after = f.submit(sale(4));
    f.script.release();
    (void)f.waiting->wait(4);
    CHECK(good_before->ending == Ending::decided);
    CHECK(good_after->ending == Ending::decided);
    CHECK(poisoned->ending == Ending::failed);
}

TEST_CASE("ledger queue: poisoned in doubt proves nothing: it is run until its end is known")
{
    Fixture f;
    f.script.say({.end = BatchEnd::in_doubt});
    f.script.say({.end = BatchEnd::poisoned, .skips_gate = true});
    const auto t = f.submit_executing(sale(1));
    CHECK(t->state == TicketState::committing); // nobody declines it
    CHECK(f.waiting->count() == 0);
    f.script.release();
    CHECK(f.waiting->wait(1).front() == t);
    CHECK(t->ending == Ending::decided);
}

TEST_CASE("ledger queue: an own undo is tried until it is committed")
{
    Fixture f;
    const auto t = f.submit_committing(sale(1));
    CHECK(f.queue.give_up(*t));
    f.script.say({.end = BatchEnd::retry});
    f.script.say({.end = BatchEnd::in_doubt});
    f.finish();
    const auto attempts = f.script.attempts();
    REQUIRE(attempts.size() == 4);
    for (std::size_t i = 1; i < 4; ++i) CHECK(attempts[i].requests[0].operation == Operation::own_undo);
}

// --- order and the end

TEST_CASE("ledger queue: all that waits is one batch, in the order of arrival, up to batch_max")
{
    auto settings = good_settings();
    settings.batch_max = 3;
    Fixture f(settings);
    (void)f.submit_executing(sale(100));
    for (std::uint64_t i = 1; i <= 5; ++i) (void)f.submit(sale(i));
    f.script.release();
    (void)f.waiting->wait(6);
    const auto attempts = f.script.attempts();
    REQUIRE(attempts.size() == 3);
    std::vector<authz::Key> order;
    for (std::size_t i = 1; i < 3; ++i)
        for (const auto& request : attempts[i].requests) order.push_back(request.key);
    std::vector<authz::Key> expected;
    for (std::uint64_t i = 1; i <= 5; ++i) expected.push_back(sale(i).key);
    CHECK(order == expected);
    CHECK(attempts[1].requests.size() == 3);
}

TEST_CASE("ledger queue: of several submissions only the first asks for a wake, until that has come")
{
    Fixture f;
    const auto submit = [&](std::uint64_t number) {
        const TicketPtr pair[] = {f.ticket(sale(number)), f.ticket(sale(number + 1))};
        const auto submission = f.queue.submit(std::span(pair));
        CHECK(submission.each == std::vector(2, LedgerQueue::Submitted::taken));
        return submission.must_wake;
    };
    CHECK(submit(1));
    CHECK_FALSE(submit(3));
    f.queue.wake();
    (void)f.waiting->wait(4);
    CHECK(submit(5));
    f.queue.wake();
    CHECK(f.waiting->wait(6).size() == 6);
}

TEST_CASE("ledger queue: with several workers the messages of one card stay in order")
{
    auto settings = good_settings();
    settings.workers = 4;
    settings.batch_max = 7;
    Fixture f(settings);
    constexpr std::uint64_t cards = 16;
    constexpr std::uint64_t per_card = 50;
    std::set<std::size_t> workers;
    for (std::uint64_t i = 0; i < cards * per_card; ++i) {
        auto request = sale(i);
        request.key.bytes[8] = static_cast<std::uint8_t>(i / cards); // by its key it would go elsewhere
        request.card->bytes[8] = static_cast<std::uint8_t>(i % cards);
        workers.insert(f.submit(request)->worker);
    }
    CHECK(workers.size() == 4);
    (void)f.waiting->wait(cards * per_card);
    std::array<std::vector<std::uint64_t>, cards> numbers;
    for (const auto& attempt : f.script.attempts())
        for (const auto& request : attempt.requests) {
            const std::uint64_t number = request.delivery / 1'000;
            numbers[number % cards].push_back(number);
        }
    for (const auto& of_card : numbers) {
        CHECK(of_card.size() == per_card);
        CHECK(std::ranges::is_sorted(of_card));
    }
}

TEST_CASE("ledger queue: a drain finishes what waits; one that takes too long is told")
{
    Fixture f;
    const auto first = f.submit_executing(sale(1));
    const auto second = f.submit(sale(2));
    CHECK_FALSE(f.queue.drain(std::chrono::milliseconds{0}));
    f.finish();
    CHECK(first->ending == Ending::decided);
    CHECK(second->ending == Ending::decided);
}
