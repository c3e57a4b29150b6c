#pragma once

#include "authz/account.hpp"
#include "authz/request.hpp"

#include <pqxx/pqxx>

#include <optional>
#include <span>
#include <string>
#include <vector>

/// Accounts and cards as an operator opens and issues them: many at once, in the caller's transaction.
namespace store {

/// No balance at the opening and no limit is larger; 0001_accounts.sql says the same. Far enough from the end
/// of 64 bits that sums of a few of them are numbers, too.
inline constexpr std::int64_t amount_minor_max = 1'000'000'000'000'000;

struct NewAccount {
    authz::Currency currency = 0;
    std::int64_t balance_minor = 0; ///< put there by a load of its own: a journal row and a posting
    std::int64_t credit_limit_minor = 0;
    std::optional<std::int64_t> sale_max_minor;
    std::optional<std::int64_t> day_amount_max_minor;
    std::optional<std::int64_t> day_count_max;
};

struct NewCard {
    authz::CardToken token;
    authz::AccountId account = 0;
    int expiry = 0; ///< year * 100 + month
    std::string status = "active";
    std::string bin;
    std::string last_four;
};

/// Opens accounts with consecutive ids.
/// now      time of the loads
/// returns  the first id
/// throws   pqxx::sql_error
authz::AccountId open_accounts(pqxx::transaction_base& work, std::span<const NewAccount> accounts,
                               authz::Time now);

/// throws   pqxx::unique_violation when a card has been issued already; pqxx::sql_error
void issue_cards(pqxx::transaction_base& work, std::span<const NewCard> cards);

} // namespace store
