#include "tests/support/good.hpp"
#include "tests/support/memory_ledger.hpp"

#include <doctest/doctest.h>

using namespace authz;

namespace {

Books books_with_card()
{
    Books books;
    books.load(good::account());
    books.load(good::card());
    return books;
}

std::int64_t balance(const Books& books)
{
    return books.find_account(1001)->balance_minor;
}

} // namespace

TEST_CASE("books: an approval that never left is undone, and a repeat is refused afterwards")
{
    Books books = books_with_card();
    const Request sale = good::sale();
    CHECK(books.serve(sale, good::noon).undo_if_unanswered);
    CHECK(books.serve(good::own_undo(50, sale), good::noon).answer.reason == Reason::undone);
    CHECK(balance(books) == 1000);
    CHECK(books.serve(good::again(sale), good::noon).answer.reason == Reason::reversed);
    // Run again after a commit in doubt: nothing more happens.
    CHECK(books.serve(good::own_undo(50, sale), good::noon).answer.reason == Reason::undone);
    CHECK(balance(books) == 1000);
}

TEST_CASE("books: an undo waits while a repeat may have been given the approval")
{
    Books books = books_with_card();
    const Request sale = good::sale();
    const Request repeat = good::again(sale);
    (void)books.serve(sale, good::noon);
    CHECK(books.serve(repeat, good::noon).undo_if_unanswered);
    CHECK(books.serve(good::own_undo(50, sale), good::noon).answer.reason == Reason::undo_noted);
    CHECK(balance(books) == 900);
    // The repeat stayed silent, too: nobody was told, so it did not happen.
    CHECK(books.serve(good::own_undo(51, repeat), good::noon).answer.reason == Reason::undone);
    CHECK(balance(books) == 1000);
    CHECK(books.serve(good::again(repeat), good::noon).answer.reason == Reason::reversed);
}

TEST_CASE("books: a silent repeat undoes nothing while the first delivery may have been answered")
{
    Books books = books_with_card();
    const Request sale = good::sale();
    const Request repeat = good::again(sale);
    (void)books.serve(sale, good::noon);
    (void)books.serve(repeat, good::noon);
    CHECK(books.serve(good::own_undo(51, repeat), good::noon).answer.reason == Reason::undo_noted);
    CHECK(balance(books) == 900);
}

TEST_CASE("books: a repeat that was refused does not hold up the undo")
{
    Books books = books_with_card();
    const Request sale = good::sale();
    Request other = good::again(sale);
    other.content = good::id_of<ContentDigest>(77);
    (void)books.serve(sale, good::noon);
    CHECK(books.serve(other, good::noon).answer.reason == Reason::duplicate_conflict);
    CHECK(books.serve(good::own_undo(50, sale), good::noon).answer.reason == Reason::undone);
}

TEST_CASE("books: undoing a cancel takes the money again, undoing a refund too")
{
    Books books = books_with_card();
    const Request sale = good::sale();
    const Request cancel = good::cancel(2, sale);
    const Request refund = good::request(Operation::refund, 3, "20");
    for (const Request& r : {sale, cancel, refund}) (void)books.serve(r, good::noon);
    CHECK(balance(books) == 1100);
    (void)books.serve(good::own_undo(50, cancel), good::noon);
    CHECK(balance(books) == 1000);
    (void)books.serve(good::own_undo(51, refund), good::noon);
    CHECK(balance(books) == 900);
}

TEST_CASE("books: the same delivery run again after a commit in doubt has one effect and may still be undone")
{
    Books books = books_with_card();
    const Request sale = good::sale();
    const Answer first = books.serve(sale, good::noon).answer;
    const Outcome again = books.serve(sale, good::noon);
    CHECK(again.answer == first);
    CHECK(again.undo_if_unanswered);
    CHECK(balance(books) == 900);
    CHECK(books.new_redeliveries().size() == 1); // the answer follows a durable row of its own
    CHECK(books.serve(good::own_undo(50, sale), good::noon).answer.reason == Reason::undone);
}

TEST_CASE("books: an abandoned request is declined without effect, and so is its repeat")
{
    Books books = books_with_card();
    Request sale = good::sale();
    sale.abandoned = true;
    CHECK(books.serve(sale, good::noon).answer.code == "91");
    sale.abandoned = false;
    CHECK(books.serve(good::again(sale), good::noon).answer.code == "91");
    CHECK(balance(books) == 1000);
}

TEST_CASE("books: a delivery abandoned after its commit in doubt tells that its effect must be undone")
{
    Books books = books_with_card();
    Request sale = good::sale();
    (void)books.serve(sale, good::noon);
    sale.abandoned = true;
    const Outcome outcome = books.serve(sale, good::noon);
    CHECK(outcome.answer.reason == Reason::approved);
    CHECK(outcome.undo_if_unanswered);
    CHECK(books.new_redeliveries().empty());
}

TEST_CASE("books: an abandoned repeat gets the stored approval, and counts as told until it is noted")
{
    Books books = books_with_card();
    const Request sale = good::sale();
    Request late = good::again(sale);
    late.abandoned = true;
    (void)books.serve(sale, good::noon);
    const Outcome outcome = books.serve(late, good::noon);
    CHECK(outcome.answer.reason == Reason::approved);
    CHECK(outcome.undo_if_unanswered);
    CHECK(books.serve(good::own_undo(50, sale), good::noon).answer.reason == Reason::undo_noted);
    CHECK(books.serve(good::own_undo(51, late), good::noon).answer.reason == Reason::undone);
}

TEST_CASE("books: postings carry gapless versions and a chain of balances")
{
    Books books = books_with_card();
    for (std::uint64_t n = 1; n <= 5; ++n) (void)books.serve(good::sale(n), good::noon);
    (void)books.serve(good::reversal(9, good::sale(3)), good::noon);
    std::int64_t version = 0;
    std::int64_t before = 1000;
    for (const Posting& posting : books.new_postings()) {
        CHECK(posting.account_version == ++version);
        CHECK(posting.balance_after_minor == before + posting.delta.minor);
        before = posting.balance_after_minor;
    }
    REQUIRE(books.changed_accounts().size() == 1);
    CHECK(books.changed_accounts().front().version == 6);
    CHECK(books.changed_accounts().front().usage == DayUsage{good::sale().business_date, 400, 4});
}

TEST_CASE("books: what was loaded decides as what was decided before")
{
    Books first = books_with_card();
    const Request sale = good::sale();
    (void)first.serve(sale, good::noon);
    Books second;
    second.load(*first.find_account(1001));
    second.load(good::card());
    for (const Record& record : first.new_records()) second.load(record);
    CHECK(second.serve(good::reversal(4, sale), good::noon).answer.reason == Reason::accepted);
    CHECK(balance(second) == 1000);
    CHECK(second.new_records().size() == 1);
}

TEST_CASE("memory ledger: a closed gate leaves nothing behind")
{
    struct ClosedGate : CommitGate {
        bool may_commit() override { return false; }
    };
    MemoryLedger ledger;
    ledger.open_account(good::account());
    ledger.issue_card(good::card());
    ClosedGate closed;
    const Request sale = good::sale();
    CHECK(ledger.serve({&sale, 1}, good::noon, closed).end == BatchEnd::gate_closed);
    CHECK(balance(ledger.books()) == 1000);
    OpenGate open;
    CHECK(ledger.serve({&sale, 1}, good::noon, open).outcomes.front().answer.code == "00");
    CHECK(balance(ledger.books()) == 900);
}
