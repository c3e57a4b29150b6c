#pragma once

#include "authz/books.hpp"
#include "store/binary_array.hpp"
#include "store/system_accounts.hpp"

#include <set>
#include <string>
#include <vector>

namespace store {

/// Row types of the tables that a batch writes, in this database.
struct RowTypes {
    TypeId journal = 0;
    TypeId group_member = 0;
    TypeId posting = 0;
    TypeId redelivery = 0;
    TypeId account_change = 0;
};

/// The system accounts that the new postings of a batch need.
[[nodiscard]] std::set<SystemAccount> system_accounts_of(const authz::Books& books);

/// What a batch adds, as the binary parameters of queries::write_batch. Journal rows come in the order of
/// their keys, so that two nodes which meet in the index wait for each other in one order and never in a
/// circle.
/// accounts   knows all of system_accounts_of(books)
[[nodiscard]] std::vector<std::string> parameters_of(const authz::Books& books,
                                                     const SystemAccounts& accounts, const RowTypes& types);

} // namespace store
