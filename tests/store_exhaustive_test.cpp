#include "tests/support/ledger_fixture.hpp"
#include "tests/support/short_histories.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace histories;

namespace {

/// One history on an account and a card of its own, and what must come of it.
struct Play {
    History history;
    std::vector<authz::Request> requests;
    std::vector<std::string> expected;
    std::int64_t expected_balance = 0;
    authz::AccountId account = 0;
    std::vector<std::string> codes;
};

struct Selection {
    std::size_t length = 0;
    const Alphabet& alphabet = without_advices;
    Second second = Second::is_new;
};

/// Plays with cards of their own, first_card and following.
std::vector<Play> plays_of(LedgerFixture& ledger, const Selection& selection, std::uint64_t first_card)
{
    std::vector<Play> plays;
    const auto add = [&](const History& history) {
        const std::uint64_t card = first_card + plays.size();
        Play play{history, {}, {}, 0, 0, {}};
        Messages messages(card * 64, selection.second, good::card(card).token);
        Model model(selection.second);
        for (const Event event : history) {
            play.requests.push_back(messages.next(event));
            play.expected.push_back(model.answer(event));
        }
        play.expected_balance = model.balance();
        plays.push_back(std::move(play));
    };
    for_each_history(selection.length, add, selection.alphabet);
    authz::AccountId account = ledger.open_many(first_card, plays.size(), opening);
    for (Play& play : plays) play.account = account++;
    return plays;
}

/// The n-th messages of all plays in one batch, for each n.
void serve_side_by_side(LedgerFixture& ledger, std::vector<Play>& plays, std::size_t length)
{
    for (std::size_t step = 0; step < length; ++step) {
        std::vector<authz::Request> batch;
        std::vector<Play*> owners;
        for (Play& play : plays) {
            if (step >= play.requests.size()) continue;
            batch.push_back(play.requests[step]);
            owners.push_back(&play);
        }
        const auto codes = ledger.codes(batch);
        REQUIRE(codes.size() == owners.size());
        for (std::size_t i = 0; i < codes.size(); ++i) owners[i]->codes.push_back(codes[i]);
    }
}

void check(LedgerFixture& ledger, const std::vector<Play>& plays)
{
    std::map<authz::AccountId, std::int64_t> balances;
    for (const auto& row : ledger.database.rows("select account_id, balance_minor from account"))
        balances[std::stoll(row.at(0))] = std::stoll(row.at(1));
    for (const Play& play : plays) {
        const std::int64_t balance = balances.at(play.account);
        if (play.codes == play.expected && balance == play.expected_balance) continue;
        CAPTURE(text_of(play.history));
        CHECK(play.codes == play.expected);
        CHECK(balance == play.expected_balance);
    }
    CHECK(ledger.broken() == "");
}

} // namespace

TEST_CASE(
    "every history up to length 3 gives the modelled effect on PostgreSQL, one transaction for each message")
{
    LedgerFixture ledger;
    std::uint64_t first_card = 1;
    for (const Selection& selection : {Selection{3, without_advices, Second::repeats_the_first},
                                       Selection{3, with_advices, Second::is_new}}) {
        auto plays = plays_of(ledger, selection, first_card);
        CHECK(plays.size() == 584);
        first_card += plays.size();
        for (Play& play : plays)
            for (const authz::Request& request : play.requests) play.codes.push_back(ledger.code(request));
        check(ledger, plays);
    }
}

TEST_CASE(
    "every history up to length 4 gives the modelled effect on PostgreSQL, thousands in the same batches")
{
    for (const Alphabet* alphabet : {&without_advices, &with_advices})
        for (const Second second : {Second::is_new, Second::repeats_the_first}) {
            LedgerFixture ledger;
            auto plays = plays_of(ledger, {4, *alphabet, second}, 1);
            CHECK(plays.size() == 4'680);
            serve_side_by_side(ledger, plays, 4);
            check(ledger, plays);
        }
}

TEST_CASE("a whole history in one batch gives what its messages one by one give")
{
    for (const Alphabet* alphabet : {&without_advices, &with_advices}) {
        LedgerFixture ledger;
        auto plays = plays_of(ledger, {3, *alphabet, Second::is_new}, 1);
        std::vector<authz::Request> batch;
        for (const Play& play : plays) batch.insert(batch.end(), play.requests.begin(), play.requests.end());
        const auto codes = ledger.codes(batch);
        auto code = codes.begin();
        for (Play& play : plays)
            for (std::size_t i = 0; i < play.requests.size(); ++i) play.codes.push_back(*code++);
        check(ledger, plays);
    }
}
