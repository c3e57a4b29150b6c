#include "tests/support/good.hpp"

#include "authz/books.hpp"
#include "authz/group.hpp"
#include "tests/support/sanitizer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

using namespace authz;

namespace {

using Random = std::mt19937_64;

// Few enough for a second or two, many enough to see rare orders; a sanitizer sees the same lines in less.
constexpr int rounds = test::has_sanitizer ? 500 : 5'000;
constexpr std::uint64_t seed = 20'261'122;

template <class Change> Request with(Request request, Change change)
{
    change(request);
    return request;
}

/// Transmitted so many seconds after noon; what names it, names the key of that second.
Request sent_after(int seconds, Request request, std::uint64_t number)
{
    request.transmitted_at += std::chrono::seconds{seconds};
    request.key = good::key_of(number, good::noon + std::chrono::seconds{seconds});
    return request;
}

Request giving_back(std::uint64_t number, const Request& original, std::int64_t minor)
{
    return with(good::void_of(number, original), [&](Request& r) {
        r.part = PartialReversal{PartialReversal::Mode::reversed, minor};
    });
}

Request without_reason(Request request)
{
    request.scope = ReversalScope::unstated;
    return request;
}

/// All that can be said of one transaction: its request, two advices, what is given back, what is reversed.
std::vector<Request> everything()
{
    auto policy = good::policy();
    policy->partial_cancels = true;
    policy->partial_approval_min_minor = 1;
    const auto of_amount = [](Request r, std::int64_t minor) {
        r.amount.minor = minor;
        return r;
    };
    const Request sale = with(good::sale(1), [](Request& r) { r.takes_part = true; });
    const Request first = of_amount(good::advice(2, sale), 70);
    const Request second = sent_after(10, good::advice(3, sale), 3);
    const Request cancel = of_amount(good::cancel(4, sale), 30);
    const Request refund = of_amount(good::refund(5, sale), 40);
    std::vector<Request> all = {
        sale,
        good::again(sale),
        first,
        good::again(first),
        second,
        cancel,
        refund,
        of_amount(good::cancel(6, first), 20),
        good::cancel(7, sale),
        good::reversal(10, sale),
        good::void_of(11, sale),
        without_reason(sent_after(5, good::reversal(12, sale), 12)),
        good::reversal(13, first),
        good::void_of(14, second),
        without_reason(good::reversal(15, second)),
        good::partial(16, sale, 60),
        good::partial(17, first, 50),
        good::partial(18, sale, 100),
        giving_back(19, sale, 20),
        giving_back(20, sale, 20),
        giving_back(21, second, 35),
        good::reversal(22, cancel),
        good::partial(23, refund, 10),
        good::own_undo(24, sale),
        good::own_undo(25, cancel),
    };
    for (Request& request : all) request.policy = policy;
    return all;
}

std::vector<Request> some_of(std::vector<Request> all, std::size_t count, Random& random)
{
    std::ranges::shuffle(all, random);
    all.resize(count);
    return all;
}

Books books_with(std::int64_t balance_minor)
{
    Books books;
    books.load(good::account(1001, balance_minor));
    books.load(good::card());
    return books;
}

/// What an order of messages has made of them: which are facts, and with what amounts.
using Facts = std::set<std::tuple<Key, Reason, std::int64_t>>;

Facts facts_of(const Books& books)
{
    Facts facts;
    for (const Record& r : books.new_records())
        if (is_positive(r.answer.reason) || r.answer.reason == Reason::undone)
            facts.emplace(r.key, r.answer.reason, r.approved_minor());
    return facts;
}

std::int64_t approved_at_most(const Books& books)
{
    std::int64_t most = 0;
    for (const Record& r : books.new_records())
        if ((r.operation == Operation::sale && is_approval(r.answer.reason)) || is_approved_advice(r))
            most = std::max(most, r.approved_minor());
    return most;
}

/// Of the records, those that must be loaded for a request: as books.hpp says, and no others.
std::vector<Record> needed_for(const Request& request, const std::vector<Record>& all)
{
    std::set<Key> wanted = {request.key};
    if (request.original) wanted.insert(request.original->key);
    const std::set<Key> asked = wanted;
    std::set<Key> taken;
    for (bool grew = true; grew;) {
        grew = false;
        for (const Record& r : all) {
            const bool is_needed = asked.contains(r.key) || wanted.contains(r.group);
            if (!is_needed || !taken.insert(r.key).second) continue;
            grew = true;
            wanted.insert(r.group);
            if (r.operation == Operation::stand_in) wanted.insert(r.key);
        }
    }
    std::vector<Record> needed;
    std::ranges::copy_if(all, std::back_inserter(needed),
                         [&](const Record& r) { return taken.contains(r.key); });
    return needed;
}

Books loaded_for(const Request& request, const Books& all)
{
    Books books;
    books.load(*all.find_account(1001));
    books.load(good::card());
    for (const Record& record : needed_for(request, all.new_records())) books.load(record);
    for (const Redelivery& redelivery : all.new_redeliveries())
        if (request.original && redelivery.key == request.original->key) books.load(redelivery);
    return books;
}

/// Calls `visit` with random choices of messages in random orders, and with what is on the account before.
template <class Visit> void for_random_histories(Visit visit)
{
    MESSAGE("seed " << seed);
    Random random(seed);
    for (int round = 0; round < rounds; ++round) {
        const std::size_t count = 3 + random() % 6;
        const std::int64_t opening = random() % 3 == 0 ? 60 : 1000; // 60: the sale is approved in part
        CAPTURE(round);
        visit(some_of(everything(), count, random), opening, random);
    }
}

} // namespace

TEST_CASE("net effect: any order that makes the same facts of the same messages moves the same")
{
    std::size_t met_again = 0;
    for_random_histories([&](std::vector<Request> messages, std::int64_t opening, Random& random) {
        std::map<Facts, std::int64_t> effects;
        for (int order = 0; order < 12; ++order) {
            std::ranges::shuffle(messages, random);
            Books books = books_with(opening);
            for (const Request& request : messages) (void)books.serve(request, good::noon);
            const std::int64_t moved = books.find_account(1001)->balance_minor - opening;
            const auto [known, is_new] = effects.try_emplace(facts_of(books), moved);
            if (!is_new) ++met_again;
            if (known->second != moved) CHECK(known->second == moved);
        }
    });
    MESSAGE(met_again << " orders made the same facts as another one");
    CHECK(met_again > static_cast<std::size_t>(rounds));
}

TEST_CASE("net effect: never more than was approved, and never less than nothing")
{
    std::size_t moved = 0;
    for_random_histories([&](const std::vector<Request>& messages, std::int64_t opening, Random&) {
        Books books = books_with(opening);
        for (const Request& request : messages) {
            (void)books.serve(request, good::noon);
            const std::int64_t taken = opening - books.find_account(1001)->balance_minor;
            const bool is_within = taken >= 0 && taken <= approved_at_most(books);
            if (!is_within) CHECK(is_within);
            if (taken > 0) ++moved;
        }
    });
    CHECK(moved > static_cast<std::size_t>(rounds));
}

TEST_CASE("books: what must be loaded for a message is all that its decision needs")
{
    for_random_histories([&](const std::vector<Request>& messages, std::int64_t opening, Random&) {
        Books books = books_with(opening);
        for (const Request& request : messages) {
            Books loaded = loaded_for(request, books);
            const Outcome expected = books.serve(request, good::noon);
            const Outcome outcome = loaded.serve(request, good::noon);
            const bool is_same = outcome.answer == expected.answer &&
                                 outcome.undo_if_unanswered == expected.undo_if_unanswered &&
                                 *loaded.find_account(1001) == *books.find_account(1001);
            if (is_same) continue;
            CHECK(outcome.answer == expected.answer);
            CHECK(*loaded.find_account(1001) == *books.find_account(1001));
        }
    });
}
