#pragma once

#include "authz/account.hpp"
#include "authz/group.hpp"
#include "authz/policy.hpp"
#include "authz/record.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace authz {

/// Everything that a decision may look at. Pointers are not owned and may be null.
struct Case {
    Case(const Request& a_request, Time a_now, Group a_group)
        : request(a_request), now(a_now), group(std::move(a_group))
    {
    }

    const Request& request;
    Time now;
    Group group;                      ///< of the original, else of the request itself
    const Record* seen = nullptr;     ///< what was decided under the same key
    std::vector<const Record*> marks; ///< reversals and advices that name this key and came before it
    const Card* card = nullptr;       ///< null: we have no such card
    /// What the request names by key or, while that has not come, the advice that stands in for it; whether
    /// or not it truly matches.
    const Record* original = nullptr;
    std::vector<const Redelivery*>
        answered;                     ///< for an own undo: later answers given under the original's key
    const Account* account = nullptr; ///< where the group's money is, else the original's, else the card's
};

/// What changes. Absent parts do not change.
struct Decision {
    Answer answer;
    std::optional<Record> record;
    std::optional<Redelivery> redelivery;
    std::optional<Posting> posting;
    std::optional<Account> account; ///< its new state
};

/// The decision table of DOMAIN 3.10: pure, the same for the same case.
[[nodiscard]] Decision decide(const Case& c);

/// Nothing contradicts that the request means the record whose key it names.
[[nodiscard]] bool matches(const Request& request, const Record& named);

/// The request's original, when it is found and nothing contradicts the match.
[[nodiscard]] const Record* matching_original(const Case& c);

} // namespace authz
