#include "store/system_accounts.hpp"

#include "authz/test_build.hpp"
#include "store/array_literal.hpp"

namespace store {

std::optional<authz::AccountId> SystemAccounts::find(const SystemAccount& account) const
{
    const auto found = ids_.find(account);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

void SystemAccounts::open(Session& session, const SystemAccount& account)
{
    session.begin();
    session.run(queries::open_system_account,
                {account.kind, to_column(account.network), std::to_string(account.currency)});
    // In doubt is not sure: an id must not be used before the row behind it is certain.
    if (end_of_commit(session.commit()) != authz::BatchEnd::committed &&
        !TOLLGATE_PLANTED("doubtful-account-used"))
        throw PassingTrouble("the commit of a new " + account.kind + " account is in doubt");
    TOLLGATE_CRASH_POINT("store_system_account_opened");
    for (const pqxx::row& row : session.run(queries::load_system_accounts)) {
        SystemAccount known{row[0].c_str(), from_column(row[1].c_str()), row[2].as<authz::Currency>()};
        ids_.insert_or_assign(std::move(known), row[3].as<authz::AccountId>());
    }
}

} // namespace store
