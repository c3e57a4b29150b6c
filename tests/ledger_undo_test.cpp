// Effects whose approval nobody got.
#include "net/keys.hpp"
#include "tests/support/ledger_queue_fixture.hpp"
#include "tests/support/memory_ledger.hpp"

#include <doctest/doctest.h>

using authz::Operation;
using namespace scripted;

namespace {

/// Real books behind a script: a test can stand between COMMIT and the word about it.
struct BookedLedger : authz::Ledger {
    BookedLedger(Script& a_script, MemoryLedger& some_books) : script(a_script), books(some_books) {}

    authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time now,
                             authz::CommitGate& gate) override
    {
        struct Commit : authz::CommitGate {
            bool may_commit() override
            {
                if (!gate.may_commit()) return false;
                OpenGate open;
                result = ledger.books.serve(batch, now, open);
                return true;
            }
            BookedLedger& ledger;
            std::span<const authz::Request> batch;
            authz::Time now;
            authz::CommitGate& gate;
            authz::BatchResult result;
            Commit(BookedLedger& a, std::span<const authz::Request> b, authz::Time c, authz::CommitGate& d)
                : ledger(a), batch(b), now(c), gate(d)
            {
            }
        } commit(*this, batch, now, gate);
        auto scripted = script.serve(batch, commit);
        return scripted.end == authz::BatchEnd::committed ? commit.result : scripted;
    }

    Script& script;
    MemoryLedger& books;
};

/// Books with an account and its card.
struct OpenedBooks {
    OpenedBooks()
    {
        books.open_account(good::account());
        books.issue_card(good::card());
    }
    [[nodiscard]] std::int64_t balance_minor() const
    {
        return books.books().find_account(1001)->balance_minor;
    }

    MemoryLedger books;
};

/// A worker on such books. They come first: the worker uses them to its end.
struct BookedFixture : OpenedBooks, Fixture {
    BookedFixture()
        : Fixture(good_settings(), [this] { return std::make_unique<BookedLedger>(script, books); })
    {
    }
};

} // namespace

TEST_CASE("ledger undo: an approval that did not leave is undone once, and not before its cut-off")
{
    Fixture f;
    const auto later = std::chrono::steady_clock::now() + std::chrono::hours{1};
    const auto t = f.submit(sale(1), {later, later});
    (void)f.waiting->wait(1);
    f.queue.undo_unanswered(*t);
    f.queue.undo_unanswered(*t);
    const auto other = f.submit(sale(2)); // served while the undo waits for its time
    CHECK(f.waiting->wait(2)[1] == other);
    CHECK(f.script.committed_operations() == std::vector{Operation::sale, Operation::sale});
    CHECK(f.queue.drain(long_enough)); // at the end nothing is put off any longer
    CHECK(f.script.committed_operations() ==
          std::vector{Operation::sale, Operation::sale, Operation::own_undo});
}

TEST_CASE("ledger undo: after the cut-off an undo is ordered at once")
{
    Fixture f;
    const auto t = f.ticket(sale(1), {MonoTime::max(), past});
    CHECK(f.queue.submit(t) == LedgerQueue::Submitted::taken);
    (void)f.waiting->wait(1);
    f.queue.undo_unanswered(*t);
    f.script.wait_attempts(2);
    CHECK(f.script.attempts()[1].requests[0].operation == Operation::own_undo);
}

TEST_CASE("ledger undo: what has no effect is not undone")
{
    Fixture f;
    const auto t = f.submit(reversal(10), {MonoTime::max(), past});
    (void)f.waiting->wait(1);
    f.queue.undo_unanswered(*t);
    CHECK(f.queue.drain(long_enough));
    CHECK(f.script.attempts().size() == 1);
}

TEST_CASE("ledger undo: an approval nobody waits for any more is undone")
{
    Fixture f;
    f.script.say({.waits_before_gate = true});
    auto gone = std::make_shared<Waiting>();
    const auto t = f.ticket(sale(1));
    t->owner = gone;
    CHECK(f.queue.submit(t) == LedgerQueue::Submitted::taken);
    f.script.wait_stopped();
    gone.reset();
    f.finish();
    CHECK(f.script.committed_operations() == std::vector{Operation::sale, Operation::own_undo});
}

TEST_CASE("ledger undo: a late sale ends at the opening balance and a repeat of it is refused")
{
    BookedFixture f;
    const auto ticket = f.submit_committing(sale(1));
    CHECK(f.queue.give_up(*ticket));
    f.finish();
    CHECK(f.balance_minor() == 1'000);
    OpenGate open;
    const auto again = good::again(sale(1));
    const auto result = f.books.serve(std::span(&again, 1), good::noon, open);
    CHECK(result.outcomes.at(0).answer.reason == authz::Reason::reversed);
}

TEST_CASE("ledger undo: a sale and its repeat that both stay silent leave no effect")
{
    BookedFixture f;
    const auto first = f.submit_committing(sale(1));
    f.script.say({.waits_after_gate = true});
    CHECK(f.queue.give_up(*first));
    const auto repeat = f.submit(good::again(sale(1)));
    f.script.release(); // the undo of the first is ordered, behind the repeat
    f.script.wait_attempts(1);
    f.script.wait_stopped();
    CHECK(f.queue.give_up(*repeat));
    f.finish();
    CHECK(f.balance_minor() == 1'000);
}
