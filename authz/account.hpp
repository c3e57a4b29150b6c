#pragma once

#include "authz/key.hpp"
#include "authz/money.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace authz {

using AccountId = std::int64_t;

enum class AccountStatus : std::uint8_t { open, closed };
enum class CardStatus : std::uint8_t { active, blocked, unassigned, closed };

/// Sales decided on one UTC day, for the limits of row A7. A sale reversed on the same day counts no more.
struct DayUsage {
    std::chrono::sys_days date{};
    std::int64_t amount_minor = 0;
    std::int64_t count = 0;

    friend bool operator==(const DayUsage&, const DayUsage&) = default;
};

/// All that a decision may look at of an account. `version` counts the account's postings, 1..n without a
/// gap.
struct Account {
    AccountId id = 0;
    AccountStatus status = AccountStatus::open;
    Currency currency = 0;
    std::int64_t balance_minor = 0;
    std::int64_t credit_limit_minor = 0; ///< 0 for prepaid
    std::int64_t version = 0;
    std::optional<std::int64_t> sale_max_minor;       ///< one sale
    std::optional<std::int64_t> day_amount_max_minor; ///< sales of one day
    std::optional<std::int64_t> day_count_max;
    DayUsage usage;

    [[nodiscard]] std::int64_t available_minor() const
    {
        const auto sum = checked_add(balance_minor, credit_limit_minor);
        return sum ? *sum : std::numeric_limits<std::int64_t>::max(); // a credit limit is never negative
    }

    friend bool operator==(const Account&, const Account&) = default;
};

struct Card {
    CardToken token;
    AccountId account = 0;
    CardStatus status = CardStatus::active;
    int expiry = 0; ///< last valid month, year * 100 + month
};

} // namespace authz
