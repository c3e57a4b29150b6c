#include "store/accounts.hpp"

#include "store/array_literal.hpp"
#include "store/digest.hpp"
#include "store/queries.hpp"

#include <map>

namespace store {

namespace {

/// The key of something that no message caused: the second, and bytes that nobody else draws.
authz::Key fresh_key(authz::Time now)
{
    authz::Key key;
    const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    for (std::size_t i = 0; i < 4; ++i)
        key.bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(second) >> (24 - 8 * i));
    fill_random(key.bytes.data() + 4, key.bytes.size() - 4);
    return key;
}

/// Only operators number customers, one after the other, so that a file's accounts are consecutive. "acct".
authz::AccountId reserve_ids(pqxx::transaction_base& work, std::size_t count)
{
    work.exec("select pg_advisory_xact_lock(1633903476)");
    const auto first = work.exec1("select nextval('account_number')")[0].as<authz::AccountId>();
    if (count > 1)
        work.exec_params("select setval('account_number', $1)", first + static_cast<std::int64_t>(count) - 1);
    return first;
}

authz::AccountId funding_account(pqxx::transaction_base& work, authz::Currency currency)
{
    const std::string number = std::to_string(currency);
    work.exec_params(queries::open_system_account.text, "funding", "", number);
    return work.exec_params1(queries::find_system_account.text, "funding", "", number)[0]
        .as<authz::AccountId>();
}

} // namespace

authz::AccountId open_accounts(pqxx::transaction_base& work, std::span<const NewAccount> accounts,
                               authz::Time now)
{
    const authz::AccountId first = reserve_ids(work, accounts.size());
    std::map<authz::Currency, authz::AccountId> funding;
    ArrayLiteral currency;
    ArrayLiteral balance;
    ArrayLiteral credit_limit;
    ArrayLiteral sale_max;
    ArrayLiteral day_amount_max;
    ArrayLiteral day_count_max;
    ArrayLiteral key;
    ArrayLiteral funding_id;
    for (const NewAccount& a : accounts) {
        if (!funding.contains(a.currency)) funding.emplace(a.currency, funding_account(work, a.currency));
        currency.add(std::int64_t{a.currency});
        balance.add(a.balance_minor);
        credit_limit.add(a.credit_limit_minor);
        sale_max.add(a.sale_max_minor);
        day_amount_max.add(a.day_amount_max_minor);
        day_count_max.add(a.day_count_max);
        key.add(fresh_key(now));
        funding_id.add(funding.at(a.currency));
    }
    work.exec_params(queries::open_accounts.text, first, now.time_since_epoch().count(), currency.str(),
                     balance.str(), credit_limit.str(), sale_max.str(), day_amount_max.str(),
                     day_count_max.str(), key.str(), funding_id.str());
    return first;
}

void issue_cards(pqxx::transaction_base& work, std::span<const NewCard> cards)
{
    ArrayLiteral token;
    ArrayLiteral account;
    ArrayLiteral status;
    ArrayLiteral expiry;
    ArrayLiteral bin;
    ArrayLiteral last_four;
    for (const NewCard& card : cards) {
        token.add(card.token);
        account.add(card.account);
        status.add(card.status);
        expiry.add(std::int64_t{card.expiry});
        bin.add(card.bin);
        last_four.add(card.last_four);
    }
    work.exec_params(queries::issue_cards.text, token.str(), account.str(), status.str(), expiry.str(),
                     bin.str(), last_four.str());
}

} // namespace store
