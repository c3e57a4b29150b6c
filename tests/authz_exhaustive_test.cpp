#include "tests/support/memory_ledger.hpp"
#include "tests/support/sanitizer.hpp"
#include "tests/support/short_histories.hpp"

#include <doctest/doctest.h>

using namespace histories;

namespace {

// Sanitizers make each step some ten times slower, and see what they can see in shorter histories, too.
constexpr std::size_t length_max = test::has_sanitizer ? 5 : 6;

constexpr std::size_t histories_up_to(std::size_t length)
{
    return length == 0 ? 0 : 8 * (1 + histories_up_to(length - 1));
}
static_assert(histories_up_to(6) == 299'592);

/// Where a history ends: what was sent, what is in the books, what the model says.
struct End {
    Messages messages;
    Model model;
    authz::Books books;
};

End beginning(Second second)
{
    authz::Books books;
    books.load(good::account(1001, opening));
    books.load(good::card());
    return {Messages(1'000, second, good::card().token), Model(second), books};
}

std::int64_t balance_of(const authz::Books& books)
{
    return books.find_account(1001)->balance_minor;
}

void check_all(const Alphabet& alphabet, Second second, std::size_t length)
{
    std::size_t count = 0;
    const auto step = [&](End& end, const History& history) {
        ++count;
        const auto outcome = end.books.serve(end.messages.next(history.back()), good::noon);
        const std::string expected = end.model.answer(history.back());
        const bool is_right = outcome.answer.code == expected && balance_of(end.books) == end.model.balance();
        if (is_right) return;
        CAPTURE(text_of(history));
        CHECK(outcome.answer.code == expected);
        CHECK(balance_of(end.books) == end.model.balance());
    };
    History history;
    walk_histories(length, alphabet, beginning(second), step, history);
    MESSAGE(count << " histories up to length " << length);
    CHECK(count == histories_up_to(length));
}

std::vector<std::string> codes_in_one_batch(const History& history, Second second)
{
    MemoryLedger ledger;
    ledger.open_account(good::account(1001, opening));
    ledger.issue_card(good::card());
    Messages messages(1'000, second, good::card().token);
    std::vector<authz::Request> batch;
    for (const Event event : history) batch.push_back(messages.next(event));
    OpenGate gate;
    std::vector<std::string> codes;
    for (const auto& outcome : ledger.serve(batch, good::noon, gate).outcomes)
        codes.push_back(outcome.answer.code);
    return codes;
}

} // namespace

TEST_CASE("every history with advices, voids and parts gives the modelled answers and net effect; a second "
          "message is new")
{
    check_all(with_advices, Second::is_new, length_max);
}

TEST_CASE("every history with advices, voids and parts gives the modelled answers and net effect; a second "
          "message repeats the first")
{
    check_all(with_advices, Second::repeats_the_first, length_max);
}

TEST_CASE("every history with refunds gives the modelled answers and net effect; a second message is new")
{
    check_all(without_advices, Second::is_new, length_max);
}

TEST_CASE("every history with refunds gives the modelled answers and net effect; a second message repeats "
          "the first")
{
    check_all(without_advices, Second::repeats_the_first, length_max);
}

TEST_CASE("a history in one batch gets the modelled answers, too")
{
    for (const Alphabet& alphabet : {with_advices, without_advices})
        for_each_history(
            4,
            [](const History& history) {
                Model model(Second::is_new);
                std::vector<std::string> expected;
                for (const Event event : history) expected.push_back(model.answer(event));
                const auto codes = codes_in_one_batch(history, Second::is_new);
                if (codes == expected) return;
                CAPTURE(text_of(history));
                CHECK(codes == expected);
            },
            alphabet);
}
