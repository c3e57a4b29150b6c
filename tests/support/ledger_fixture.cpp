#include "tests/support/ledger_fixture.hpp"

#include "store/accounts.hpp"
#include "store/invariants.hpp"

#include <pqxx/pqxx>

#include <stdexcept>

authz::AccountId LedgerFixture::open(std::uint64_t number, std::int64_t balance_minor)
{
    return open_many(number, 1, balance_minor);
}

authz::AccountId LedgerFixture::open_many(std::uint64_t first_number, std::size_t count,
                                          std::int64_t balance_minor)
{
    pqxx::connection connection(database.url());
    pqxx::work work(connection);
    const std::vector<store::NewAccount> accounts(count, {good::yen, balance_minor, 0, {}, {}, {}});
    const authz::AccountId first = store::open_accounts(work, accounts, now);
    std::vector<store::NewCard> cards;
    for (std::size_t i = 0; i < count; ++i) {
        const authz::Card card = good::card(first_number + i);
        cards.push_back(
            {card.token, first + static_cast<std::int64_t>(i), card.expiry, "active", "400000", "0002"});
    }
    store::issue_cards(work, cards);
    work.commit();
    return first;
}

std::vector<std::string> LedgerFixture::codes(const std::vector<authz::Request>& batch)
{
    OpenGate gate;
    const authz::BatchResult result = ledger.serve(batch, now, gate);
    if (result.end != authz::BatchEnd::committed) throw std::runtime_error("not committed: " + result.why);
    std::vector<std::string> codes;
    for (const authz::Outcome& outcome : result.outcomes) codes.push_back(outcome.answer.code);
    return codes;
}

std::string LedgerFixture::broken() const
{
    std::string names;
    for (const store::InvariantResult& result : store::check_invariants(database.url()))
        if (result.rows > 0) names += result.name + '\n';
    return names;
}
