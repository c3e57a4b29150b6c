#include "tests/support/good.hpp"

#include "authz/books.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace authz;

// What the decision table of DOMAIN 3.10 leaves open about advices, parts and partial approvals.

namespace {

Books books_with_card(std::int64_t balance_minor = 1000)
{
    Books books;
    books.load(good::account(1001, balance_minor));
    books.load(good::card());
    return books;
}

std::int64_t balance(const Books& books, AccountId account = 1001)
{
    return books.find_account(account)->balance_minor;
}

void serve_all(Books& books, const std::vector<Request>& requests)
{
    for (const Request& request : requests) (void)books.serve(request, good::noon);
}

Request of_amount(Request request, std::int64_t minor)
{
    request.amount.minor = minor;
    return request;
}

Request of_card(std::uint64_t number, Request request)
{
    request.card = good::id_of<CardToken>(number);
    return request;
}

Request sent_after(int seconds, std::uint64_t number, Request request)
{
    request.transmitted_at += std::chrono::seconds{seconds};
    request.key = good::key_of(number, good::noon + std::chrono::seconds{seconds});
    return request;
}

/// A sale that is approved for what there is.
Request sale_taking_part(std::uint64_t number = 1)
{
    auto policy = good::policy();
    policy->partial_approval_min_minor = 0;
    Request r = good::sale(number);
    r.policy = policy;
    r.takes_part = true;
    return r;
}

const Request sale = good::sale(1);

} // namespace

TEST_CASE(
    "advice: of two for one request the one that was transmitted last counts, in whatever order they come")
{
    std::vector<Request> messages = {sent_after(5, 2, of_amount(good::advice(2, sale), 70)),
                                     good::advice(3, sale), sale};
    const auto by_key = [](const Request& a, const Request& b) { return a.key < b.key; };
    std::ranges::sort(messages, by_key);
    do {
        Books books = books_with_card();
        serve_all(books, messages);
        CHECK(balance(books) == 930);
    } while (std::ranges::next_permutation(messages, by_key).found);
}

TEST_CASE("advice: for another card it is a transaction of its own")
{
    Books books = books_with_card();
    books.load(good::account(1002));
    books.load(good::card(2, 1002));
    const Request advice = of_card(2, good::advice(2, sale));
    serve_all(books, {sale, advice});
    CHECK(books.new_records().back().anomaly == Anomaly::card_differs);
    CHECK(balance(books, 1001) == 900);
    CHECK(balance(books, 1002) == 900);
    serve_all(books, {good::void_of(3, sale)}); // of the first one's card
    CHECK(balance(books, 1001) == 1000);
    CHECK(balance(books, 1002) == 900);
    serve_all(books, {good::reversal(4, advice)});
    CHECK(balance(books, 1002) == 1000);
}

TEST_CASE("advice: in another currency than the sale's it is a transaction of its own, on suspense")
{
    Books books = books_with_card();
    Request advice = good::advice(2, sale);
    advice.amount.currency = 840;
    serve_all(books, {sale, advice});
    CHECK(balance(books) == 900);
    CHECK(books.new_records().back().anomaly == Anomaly::currency_differs);
    CHECK(books.new_records().back().group == advice.key);
    CHECK_FALSE(books.new_records().back().account);
    CHECK(books.new_postings().back().on_suspense);
    CHECK(books.new_postings().back().delta == Money{-100, 840});
    // A reversal that quotes the account's currency gives back what was booked, where it was booked.
    Request reversal = good::reversal(3, advice);
    reversal.amount.currency = good::yen;
    serve_all(books, {reversal});
    CHECK(books.new_postings().back().on_suspense);
    CHECK(books.new_postings().back().delta == Money{100, 840});
}

TEST_CASE("advice: the second one for money on suspense replaces the first one there")
{
    Books books = books_with_card();
    serve_all(books, {of_card(2, good::advice(2, sale))});
    books.load(good::card(2)); // the card has come meanwhile
    serve_all(books, {of_card(2, of_amount(good::advice(3, sale), 70))});
    CHECK(books.new_records().back().anomaly == Anomaly::account_unknown);
    CHECK(books.new_postings().back().on_suspense);
    CHECK(books.new_postings().back().delta.minor == 30);
    CHECK(balance(books) == 1000);
}

TEST_CASE("advice: without a card it is that of its request, and what voids it must not contradict that")
{
    Books books = books_with_card();
    books.load(good::account(1002));
    books.load(good::card(2, 1002));
    Request advice = good::advice(2, sale);
    advice.card.reset();
    serve_all(books, {sale, advice});
    CHECK(books.new_records().back().card == sale.card);
    for (const Request& original : {sale, advice}) { // row C5, also when the void is of the advice
        serve_all(books, {of_card(2, good::void_of(original.key == sale.key ? 3 : 4, original))});
        CHECK(books.new_records().back().anomaly == Anomaly::card_differs);
        CHECK(balance(books, 1001) == 900);
    }
    Request cardless = good::void_of(5, advice);
    cardless.card.reset();
    serve_all(books, {cardless});
    CHECK(balance(books, 1001) == 1000);
    CHECK(balance(books, 1002) == 1000);
}

TEST_CASE("advice: what names no sale does not take its place")
{
    Books books = books_with_card();
    const Request refund = good::request(Operation::refund, 5, "20");
    serve_all(books, {refund, good::advice(6, refund)});
    CHECK(balance(books) == 1000);
    CHECK(books.new_records().back().group == books.new_records().back().key);
    CHECK(books.new_records().back().anomaly == Anomaly::card_differs);
}

TEST_CASE("advice: its money stays on its account when the card moves before the request comes late")
{
    Books books = books_with_card();
    serve_all(books, {good::advice(2, sale)});
    books.load(good::account(1002));
    books.load(good::card(1, 1002));
    serve_all(books, {sale, good::void_of(3, sale)});
    CHECK(balance(books, 1001) == 1000);
    CHECK(balance(books, 1002) == 1000);
}

TEST_CASE("advice: a refund of its request, late, is refused, too")
{
    Books books = books_with_card();
    const Request refund = good::request(Operation::refund, 5, "20");
    serve_all(books, {good::advice(6, refund)});
    CHECK(books.serve(refund, good::noon).answer.reason == Reason::replaced_by_advice);
}

TEST_CASE("advice: the same key with other content is a conflict, as with any message")
{
    Books books = books_with_card();
    Request other = good::again(good::advice(2, sale));
    other.content = good::id_of<ContentDigest>(99);
    serve_all(books, {good::advice(2, sale)});
    CHECK(books.serve(other, good::noon).answer.reason == Reason::duplicate_conflict);
    CHECK(balance(books) == 900);
}

TEST_CASE("advice: it has no undo of our own, and stops none")
{
    Books books = books_with_card();
    CHECK_FALSE(books.serve(good::advice(2, sale), good::noon).undo_if_unanswered);
    // A scope in an undo means nothing: it undoes its message.
    Request undo = good::own_undo(50, sale);
    undo.scope = ReversalScope::transaction;
    Books other = books_with_card();
    serve_all(other, {sale, good::advice(2, sale)});
    CHECK(other.serve(undo, good::noon).answer.reason == Reason::undone);
    CHECK(balance(other) == 900);
    CHECK(other.serve(good::again(sale), good::noon).answer.reason == Reason::reversed);
}

TEST_CASE("advice: limits count what we approved, not what the network did")
{
    Books books = books_with_card();
    serve_all(books, {good::advice(2, sale)});
    CHECK(books.find_account(1001)->usage == DayUsage{});
    const Request other = good::sale(3);
    serve_all(books, {other, good::advice(4, other)});
    CHECK(books.find_account(1001)->usage.amount_minor == 100);
    serve_all(books, {good::void_of(5, other), good::reversal(6, other)}); // reversed twice, given back once
    CHECK(books.find_account(1001)->usage.amount_minor == 0);
    CHECK(books.find_account(1001)->usage.count == 0);
}

TEST_CASE("advice: a refusal that is reversed takes our own approval with it only without a fault")
{
    const auto balance_after = [](const Request& reversal) {
        Books books = books_with_card();
        Request refusal = good::advice(2, sale);
        refusal.network_declined = true;
        serve_all(books, {sale, refusal, reversal});
        return balance(books);
    };
    const Request advice = good::advice(2, sale);
    CHECK(balance_after(good::reversal(3, advice)) == 900);
    CHECK(balance_after(good::void_of(3, advice)) == 1000);
}

TEST_CASE("partial approval: usage, undo and reversal are those of what was approved")
{
    Books books = books_with_card(60);
    const Request part = sale_taking_part();
    const Outcome outcome = books.serve(part, good::noon);
    CHECK(outcome.answer.reason == Reason::approved_in_part);
    CHECK(outcome.answer.code == "10");
    CHECK(outcome.answer.approval_code.size() == 6);
    CHECK(outcome.undo_if_unanswered);
    CHECK(books.find_account(1001)->usage == DayUsage{sale.business_date, 60, 1});
    CHECK(books.serve(good::again(part), good::noon).undo_if_unanswered);
    // The repeat may have been answered: the undo waits for it.
    CHECK(books.serve(good::own_undo(50, part), good::noon).answer.reason == Reason::undo_noted);
    CHECK(books.serve(good::own_undo(51, good::again(part)), good::noon).answer.reason == Reason::undone);
    CHECK(balance(books) == 60);
    CHECK(books.find_account(1001)->usage == DayUsage{sale.business_date, 0, 0});
}

TEST_CASE("partial approval: nothing is never a part")
{
    for (const std::int64_t minor : {0, -5}) {
        Books books = books_with_card(minor);
        CHECK(books.serve(sale_taking_part(), good::noon).answer.reason == Reason::insufficient_funds);
    }
    Books books = books_with_card(1);
    CHECK(books.serve(sale_taking_part(), good::noon).answer.approved_minor == 1);
}

TEST_CASE("partial approval: enough is approved whole")
{
    Books books = books_with_card(100);
    const Answer answer = books.serve(sale_taking_part(), good::noon).answer;
    CHECK(answer.reason == Reason::approved);
    CHECK_FALSE(answer.approved_minor);
}

TEST_CASE("partial approval: only a sale is approved in part, never a cancel or a refund")
{
    Books books = books_with_card(100);
    const Request part = sale_taking_part();
    Request refund = good::refund(2, part);
    refund.policy = part.policy;
    refund.takes_part = true;
    serve_all(books, {part}); // nothing is left on the account
    CHECK(books.serve(refund, good::noon).answer.reason == Reason::approved);
    CHECK(balance(books) == 100);
}

TEST_CASE("reversal: without a reason it is odd only where an advice stands in for what it names")
{
    Books books = books_with_card();
    const Request cancel = good::cancel(3, sale);
    Request reversal = good::reversal(4, cancel);
    reversal.scope = ReversalScope::unstated;
    serve_all(books, {sale, good::advice(2, sale), cancel, reversal});
    CHECK(balance(books) == 900);
    CHECK(books.new_records().back().anomaly == Anomaly::none);
}

TEST_CASE("partial reversal: of a refund it leaves the rest of the refund")
{
    Books books = books_with_card();
    const Request linked = of_amount(good::refund(2, sale), 40);
    serve_all(books, {sale, linked, good::partial(3, linked, 10)});
    CHECK(balance(books) == 910);
    CHECK(books.new_records().back().anomaly == Anomaly::none);
    const Request unlinked = good::request(Operation::refund, 5, "20");
    serve_all(books, {unlinked, good::partial(6, unlinked, 25)});
    CHECK(balance(books) == 935);
}

TEST_CASE("partial reversal: what is left of a sale still counts towards the limits in full")
{
    Books books = books_with_card();
    serve_all(books, {sale, good::partial(3, sale, 60)});
    CHECK(books.find_account(1001)->usage.amount_minor == 100);
    serve_all(books, {good::partial(4, sale, 0)});
    CHECK(books.find_account(1001)->usage.amount_minor == 0);
}

TEST_CASE("reversal: DE4 may be what was approved of a sale, also when less is open")
{
    Books books = books_with_card(60);
    const Request part = sale_taking_part();
    serve_all(books, {part, good::partial(3, part, 50), of_amount(good::reversal(4, part), 60)});
    CHECK(books.new_records().back().anomaly == Anomaly::none);
    CHECK(balance(books) == 60);
}

TEST_CASE("partial reversal: DE4 may tell what was asked for, what is open, or the part")
{
    for (const std::int64_t minor : {100, 60, 25}) {
        Books books = books_with_card();
        serve_all(books, {sale, good::partial(3, sale, 60), of_amount(good::partial(4, sale, 25), minor)});
        CHECK(books.new_records().back().anomaly == Anomaly::none);
        CHECK(balance(books) == 975);
    }
}
