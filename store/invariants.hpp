#pragma once

#include "authz/money.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What is true of the books at every moment (RELIABILITY 7), as SQL that reads nothing but the tables.
namespace store {

struct Invariant {
    std::string_view name; ///< number and sentence: "L02 an account's balance is the sum of its postings"
    std::string_view sql;  ///< gives one row for each place where it is broken
};

[[nodiscard]] std::span<const Invariant> invariants();

struct InvariantResult {
    std::string name;
    std::int64_t rows = 0;          ///< 0: it holds
    std::vector<std::string> first; ///< some of them: their columns, with commas between
};

/// Evaluates all of them on one snapshot, which takes minutes for millions of messages.
/// on_result   called for each as it ends
/// throws      pqxx::sql_error, pqxx::broken_connection
std::vector<InvariantResult>
check_invariants(const std::string& url,
                 const std::function<void(const InvariantResult&)>& on_result = nullptr);

/// Balances of all accounts of one currency; equal when the books balance.
struct TrialBalance {
    authz::Currency currency = 0;
    std::int64_t debit_minor = 0;  ///< what accounts owe, as a positive number
    std::int64_t credit_minor = 0; ///< what accounts have
};

[[nodiscard]] std::vector<TrialBalance> trial_balance(const std::string& url);

} // namespace store
