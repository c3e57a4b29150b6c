#pragma once

#include "authz/record.hpp"
#include "store/session.hpp"

#include <compare>
#include <map>
#include <optional>
#include <string>

namespace store {

/// An account that takes the other side of postings: its balance is the sum of them, no row is ever locked.
struct SystemAccount {
    std::string kind;    ///< "clearing", "suspense", "funding"
    std::string network; ///< of a clearing account; empty otherwise
    authz::Currency currency = 0;

    friend auto operator<=>(const SystemAccount&, const SystemAccount&) = default;
};

/// The ids of the system accounts, once they are known.
class SystemAccounts {
public:
    [[nodiscard]] std::optional<authz::AccountId> find(const SystemAccount& account) const;

    /// Opens the account, unless another node has, in a transaction of its own, and reads all ids again.
    /// throws   as Session::run; PassingTrouble when the commit is not sure, and then a new session is needed
    void open(Session& session, const SystemAccount& account);

private:
    std::map<SystemAccount, authz::AccountId> ids_;
};

} // namespace store
