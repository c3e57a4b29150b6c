#include "authz/rules.hpp"

#include "authz/test_build.hpp"

#include <algorithm>
#include <ranges>

namespace authz {

namespace {

// --- marks: a reversal of this very message came first, or an advice that stands in for it

/// DE4 of a reversal of a part may be that part: then it says nothing about the whole.
bool agrees_with(const Record& mark, const Request& request)
{
    const bool tells_part = mark.part && mark.part->minor == mark.amount.minor;
    return cards_agree(mark.card, request.card) && (tells_part || mark.amount == request.amount);
}

bool concerns(const Record& mark, const Request& request)
{
    return is_effective_reversal(mark) && acquirers_agree(mark.target->acquirer, request.acquirer);
}

bool mark_contradicts_content(const Case& c)
{
    return std::ranges::any_of(c.marks, [&](const Record* mark) {
        return concerns(*mark, c.request) && !agrees_with(*mark, c.request);
    });
}

bool reversal_came_first(const Case& c)
{
    if (TOLLGATE_PLANTED("tombstone-forgotten")) return false;
    return std::ranges::any_of(c.marks, [&](const Record* mark) { return concerns(*mark, c.request); });
}

/// Whatever it decided: the network has its answer, and this request comes too late to get another one.
bool advice_came_first(const Case& c)
{
    if (TOLLGATE_PLANTED("request-behind-advice-approved")) return false;
    return std::ranges::count(c.marks, Operation::stand_in, &Record::operation) > 0;
}

// --- time and content

bool is_stale(const Case& c)
{
    const auto limit = c.request.policy->staleness_limit;
    if (TOLLGATE_PLANTED("staleness-not-checked")) return false;
    return limit && c.now - c.request.transmitted_at > *limit;
}

bool amount_is_invalid(const Case& c)
{
    return c.request.amount.minor <= 0 || c.request.amount.minor > c.request.policy->amount_max_minor;
}

bool merchant_is_blocked(const Case& c)
{
    return std::ranges::count(c.request.policy->blocked_mccs, c.request.mcc) > 0;
}

bool currency_differs(const Case& c)
{
    return c.request.amount.currency != c.account->currency;
}

// --- card and account

bool card_is_foreign(const Case& c)
{
    return c.request.card_number == CardNumber::foreign_bin;
}
bool card_number_fails(const Case& c)
{
    return c.request.card_number == CardNumber::fails_luhn;
}
bool card_is_unknown(const Case& c)
{
    return !c.card || !c.account;
}
bool card_is_not_active(const Case& c)
{
    return c.card->status != CardStatus::active;
}
bool card_is_closed(const Case& c)
{
    return c.card->status == CardStatus::closed;
}
bool account_is_closed(const Case& c)
{
    return c.account->status == AccountStatus::closed;
}

int month_of(Time time)
{
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
    return static_cast<int>(date.year()) * 100 + static_cast<int>(static_cast<unsigned>(date.month()));
}

/// Past, or another one than the card's: who does not know the expiry does not hold the card.
bool card_is_expired(const Case& c)
{
    if (TOLLGATE_PLANTED("expiry-month-is-past") && c.card->expiry == month_of(c.now)) return true;
    if (c.card->expiry < month_of(c.now)) return true;
    return c.request.stated_expiry && *c.request.stated_expiry != c.card->expiry;
}

// --- money

/// Days are UTC days of decision: the business date is the sender's to choose, and limits are not.
DayUsage usage_today(const Case& c)
{
    const auto today = std::chrono::floor<std::chrono::days>(c.now);
    return c.account->usage.date >= today ? c.account->usage : DayUsage{};
}

bool exceeds_amount_limit(const Case& c)
{
    const Account& a = *c.account;
    if (a.sale_max_minor && minor_to_approve(c) > *a.sale_max_minor) return true;
    const auto day = checked_add(usage_today(c).amount_minor, minor_to_approve(c));
    return a.day_amount_max_minor && (!day || *day > *a.day_amount_max_minor);
}

bool exceeds_count_limit(const Case& c)
{
    if (TOLLGATE_PLANTED("count-limit-one-more"))
        return c.account->day_count_max && usage_today(c).count > *c.account->day_count_max;
    return c.account->day_count_max && usage_today(c).count >= *c.account->day_count_max;
}

bool exceeds_available(const Case& c)
{
    if (TOLLGATE_PLANTED("last-unit-refused")) return minor_to_approve(c) >= c.account->available_minor();
    return minor_to_approve(c) > c.account->available_minor();
}

bool balance_would_overflow(const Case& c)
{
    return !checked_add(c.account->balance_minor, c.request.amount.minor);
}

// --- the original

bool original_is_missing(const Case& c)
{
    return !matching_original(c) || !c.account;
}
bool original_is_no_sale(const Case& c)
{
    return c.original->operation != Operation::sale && c.original->operation != Operation::stand_in;
}

bool original_is_not_live(const Case& c)
{
    if (TOLLGATE_PLANTED("refund-of-reversed-sale")) return false;
    return c.group.live_minor() == 0;
}

bool nothing_is_open(const Case& c)
{
    return c.group.open_minor() == 0;
}
bool exceeds_open(const Case& c)
{
    if (TOLLGATE_PLANTED("refund-above-sale")) return false;
    return c.request.amount.minor > c.group.open_minor();
}

bool amount_is_not_all_that_is_open(const Case& c)
{
    return c.request.amount.minor != c.group.open_minor() && !c.request.policy->partial_cancels;
}

// --- the ladders

constexpr Rule sale_rules[] = {
    {Reason::duplicate_conflict, mark_contradicts_content}, // above its plain form: an anomaly to look at
    {Reason::reversed_before_arrival, reversal_came_first},
    {Reason::replaced_by_advice, advice_came_first},
    {Reason::foreign_card, card_is_foreign},
    {Reason::card_number_wrong, card_number_fails},
    {Reason::unknown_card, card_is_unknown},
    {Reason::stale, is_stale},
    {Reason::card_not_usable, card_is_not_active},
    {Reason::card_not_usable, account_is_closed},
    {Reason::card_expired, card_is_expired},
    {Reason::amount_invalid, amount_is_invalid},
    {Reason::currency_not_served, currency_differs}, // above funds: amounts compare only in one currency
    {Reason::merchant_not_served, merchant_is_blocked},
    {Reason::amount_limit, exceeds_amount_limit},
    {Reason::count_limit, exceeds_count_limit},
    {Reason::insufficient_funds, exceeds_available},
};

constexpr Rule refund_rules[] = {
    {Reason::duplicate_conflict, mark_contradicts_content},
    {Reason::reversed_before_arrival, reversal_came_first},
    {Reason::replaced_by_advice, advice_came_first},
    {Reason::foreign_card, card_is_foreign},
    {Reason::card_number_wrong, card_number_fails},
    {Reason::unknown_card, card_is_unknown},
    {Reason::card_not_usable, card_is_closed}, // a blocked card may get its money back (A10)
    {Reason::card_not_usable, account_is_closed},
    {Reason::amount_invalid, amount_is_invalid},
    {Reason::currency_not_served, currency_differs},
    {Reason::amount_invalid, balance_would_overflow},
};

constexpr Rule linked_refund_rules[] = {
    {Reason::duplicate_conflict, mark_contradicts_content},
    {Reason::reversed_before_arrival, reversal_came_first},
    {Reason::replaced_by_advice, advice_came_first},
    {Reason::original_not_found, original_is_missing},
    {Reason::original_not_a_sale, original_is_no_sale},
    {Reason::original_not_found, original_is_not_live},
    {Reason::card_not_usable, account_is_closed},
    {Reason::amount_invalid, amount_is_invalid},
    {Reason::currency_not_served, currency_differs},
    {Reason::original_amount_differs, exceeds_open},
    {Reason::amount_invalid, balance_would_overflow},
};

constexpr Rule cancel_rules[] = {
    {Reason::duplicate_conflict, mark_contradicts_content},
    {Reason::reversed_before_arrival, reversal_came_first},
    {Reason::original_not_found, original_is_missing},
    {Reason::original_not_a_sale, original_is_no_sale},
    {Reason::original_not_found, original_is_not_live},
    {Reason::nothing_to_cancel,
     nothing_is_open}, // above the amount: a second cancel is told that there is nothing
    {Reason::card_not_usable, account_is_closed},
    {Reason::amount_invalid, amount_is_invalid},
    {Reason::currency_not_served, currency_differs},
    {Reason::original_amount_differs, amount_is_not_all_that_is_open},
    {Reason::original_amount_differs, exceeds_open},
    {Reason::amount_invalid, balance_would_overflow},
};

constexpr Rule inquiry_rules[] = {
    {Reason::foreign_card, card_is_foreign},      {Reason::card_number_wrong, card_number_fails},
    {Reason::unknown_card, card_is_unknown},      {Reason::card_not_usable, card_is_not_active},
    {Reason::card_not_usable, account_is_closed}, {Reason::card_expired, card_is_expired},
};

} // namespace

std::int64_t minor_to_approve(const Case& c)
{
    const std::int64_t asked = c.request.amount.minor;
    const auto minimum = c.request.policy->partial_approval_min_minor;
    if (TOLLGATE_PLANTED("part-approved-unasked") && minimum && c.account)
        return std::min(asked, c.account->available_minor());
    if (c.request.operation != Operation::sale || !c.request.takes_part || !minimum) return asked;
    const std::int64_t available = c.account->available_minor();
    const bool is_enough = available > 0 && available >= *minimum;
    return is_enough ? std::min(asked, available) : asked;
}

std::span<const Rule> rules_for(const Request& request)
{
    switch (request.operation) {
    case Operation::sale:
        return sale_rules;
    case Operation::refund:
        return request.original ? std::span<const Rule>(linked_refund_rules) : refund_rules;
    case Operation::cancel:
        return cancel_rules;
    case Operation::inquiry:
        return inquiry_rules;
    case Operation::fault_reversal:
    case Operation::own_undo:
    case Operation::stand_in:
        break; // orders: nothing refuses them
    }
    return {};
}

} // namespace authz
