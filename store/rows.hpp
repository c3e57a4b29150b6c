#pragma once

#include "authz/account.hpp"
#include "authz/record.hpp"

#include <pqxx/pqxx>

/// Rows of the load queries as the words of authz. Each throws std::runtime_error on a value that no row of
/// ours has.
namespace store {

[[nodiscard]] authz::Account account_of(const pqxx::row& row);       ///< of queries::lock_accounts
[[nodiscard]] authz::Card card_of(const pqxx::row& row);             ///< of queries::load_cards
[[nodiscard]] authz::Record record_of(const pqxx::row& row);         ///< of queries::load_records
[[nodiscard]] authz::Redelivery redelivery_of(const pqxx::row& row); ///< of queries::load_redeliveries

} // namespace store
