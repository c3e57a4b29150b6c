#pragma once

#include "authz/books.hpp"
#include "store/batch_scope.hpp"
#include "store/session.hpp"

#include <set>
#include <vector>

namespace store {

/// What must be locked before a batch is loaded, beside what its cards and originals lead to.
struct LockPlan {
    std::set<authz::AccountId> further_accounts;
    /// No other batch may be under way, in any node: the transaction begins with queries::begin_alone.
    ///
    /// A fault reversal finds its account through its card or its original. When it has neither, its sale may
    /// be in another transaction at this moment: neither would see the other, the reversal would be
    /// acknowledged and the sale would stand. An advice whose request is not there has a card, and the
    /// request may name another one: both would post. So they wait until all batches have ended and none
    /// begins, and look again (docs/decisions/0003-reversals-without-account.md).
    bool all_others_wait = false;

    friend bool operator==(const LockPlan&, const LockPlan&) = default;
};

/// The rows that a batch needs, as they stood once its accounts were locked.
struct LoadedBatch {
    std::vector<authz::Account> accounts; ///< locked until the transaction ends
    std::vector<authz::Card> cards;
    std::vector<authz::Record> records; ///< groups in order of decision; a record may be there twice
    std::vector<authz::Redelivery> redeliveries;

    [[nodiscard]] authz::Books books() const;
};

/// Locks, then loads in new statements: under READ COMMITTED a statement that waited for a lock would still
/// see the other tables as they were before (RELIABILITY T6).
/// session   in a transaction that has done nothing yet but begin as the plan says
[[nodiscard]] LoadedBatch lock_and_load(Session& session, const BatchScope& scope, const LockPlan& plan);

/// The plan with what turned out to be missing; equal to the given one when the batch can be decided.
[[nodiscard]] LockPlan completed(LockPlan plan, std::span<const authz::Request> batch,
                                 const LoadedBatch& loaded);

} // namespace store
