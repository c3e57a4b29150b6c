#include "tests/support/ledger_fixture.hpp"

#include "store/accounts.hpp"
#include "store/invariants.hpp"

#include <pqxx/pqxx>

#include <stdexcept>

authz::AccountId LedgerFixture::open(std::uint64_t number, std::int64_t balance_minor)
{
    pqxx::connection connection(database.url());
    pqxx::work work(connection);
    const store::NewAccount account{good::yen, balance_minor, 0, {}, {}, {}};
    const authz::AccountId id = store::open_accounts(work, {&account, 1}, now);
    const store::NewCard card{
        good::card(number).token, id, good::card(number).expiry, "active", "400000", "0002"};
    store::issue_cards(work, {&card, 1});
    work.commit();
    return id;
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
