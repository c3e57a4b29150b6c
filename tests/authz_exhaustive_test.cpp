#include "tests/support/memory_ledger.hpp"
#include "tests/support/short_histories.hpp"

#include <doctest/doctest.h>

using namespace histories;

namespace {

struct Run {
    std::vector<std::string> codes;
    std::int64_t balance = 0;
};

MemoryLedger fresh_ledger()
{
    MemoryLedger ledger;
    ledger.open_account(good::account(1001, opening));
    ledger.issue_card(good::card());
    return ledger;
}

std::vector<authz::Request> messages_of(const History& history, Second second)
{
    Messages messages(1'000, second, good::card().token);
    std::vector<authz::Request> requests;
    for (const Event event : history) requests.push_back(messages.next(event));
    return requests;
}

Run run(const std::vector<authz::Request>& requests, std::size_t batch_size)
{
    MemoryLedger ledger = fresh_ledger();
    OpenGate gate;
    Run result;
    const std::span<const authz::Request> all = requests;
    for (std::size_t at = 0; at < all.size(); at += batch_size) {
        const auto batch = all.subspan(at, std::min(batch_size, all.size() - at));
        for (const auto& outcome : ledger.serve(batch, good::noon, gate).outcomes)
            result.codes.push_back(outcome.answer.code);
    }
    result.balance = ledger.books().find_account(1001)->balance_minor;
    return result;
}

void check_all(Second second, std::size_t length)
{
    std::size_t count = 0;
    for_each_history(length, [&](const History& history) {
        ++count;
        Model model(second);
        std::vector<std::string> expected;
        for (const Event event : history) expected.push_back(model.answer(event));
        const auto requests = messages_of(history, second);
        for (const std::size_t batch_size : {std::size_t{1}, history.size()}) {
            const Run result = run(requests, batch_size);
            if (result.codes == expected && result.balance == model.balance()) continue;
            CAPTURE(text_of(history));
            CAPTURE(batch_size);
            CHECK(result.codes == expected);
            CHECK(result.balance == model.balance());
        }
    });
    MESSAGE(count << " histories");
    CHECK(count == 37'448);
}

} // namespace

TEST_CASE("every history up to length 5 gives the modelled answers and net effect; a second cancel is new")
{
    check_all(Second::is_new, 5);
}

TEST_CASE("every history up to length 5 gives the modelled answers and net effect; a second cancel repeats "
          "the first")
{
    check_all(Second::repeats_the_first, 5);
}
