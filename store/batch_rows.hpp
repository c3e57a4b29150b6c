#pragma once

#include "authz/books.hpp"
#include "store/system_accounts.hpp"

#include <set>
#include <string>
#include <vector>

namespace store {

/// The system accounts that the new postings of a batch need.
[[nodiscard]] std::set<SystemAccount> system_accounts_of(const authz::Books& books);

/// What a batch adds, as the parameters of queries::write_batch.
/// accounts   knows all of system_accounts_of(books)
[[nodiscard]] std::vector<std::string> parameters_of(const authz::Books& books,
                                                     const SystemAccounts& accounts, authz::Time now);

} // namespace store
