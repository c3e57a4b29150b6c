#include "authz/reason.hpp"

namespace authz {

namespace {

struct Row {
    Reason reason;
    std::string_view name;
    std::string_view iso87_code;
};

constexpr Row rows[] = {
    {Reason::approved, "approved", "00"},
    {Reason::accepted, "accepted", "00"},
    {Reason::unknown_card, "unknown_card", "14"},
    {Reason::foreign_card, "foreign_card", "15"},
    {Reason::card_number_wrong, "card_number_wrong", "14"},
    {Reason::card_not_usable, "card_not_usable", "62"},
    {Reason::card_expired, "card_expired", "54"},
    {Reason::amount_limit, "amount_limit", "61"},
    {Reason::count_limit, "count_limit", "65"},
    {Reason::amount_invalid, "amount_invalid", "13"},
    {Reason::currency_not_served, "currency_not_served", "12"},
    {Reason::merchant_not_served, "merchant_not_served", "57"},
    {Reason::function_not_served, "function_not_served", "40"},
    {Reason::insufficient_funds, "insufficient_funds", "51"},
    {Reason::stale, "stale", "21"},
    {Reason::reversed_before_arrival, "reversed_before_arrival", "21"},
    {Reason::reversed, "reversed", "21"},
    {Reason::original_not_found, "original_not_found", "25"},
    {Reason::original_not_a_sale, "original_not_a_sale", "12"},
    {Reason::original_amount_differs, "original_amount_differs", "64"},
    {Reason::nothing_to_cancel, "nothing_to_cancel", "21"},
    {Reason::original_is_a_reversal, "original_is_a_reversal", "30"},
    {Reason::duplicate_conflict, "duplicate_conflict", "94"},
    {Reason::deadline_passed, "deadline_passed", "91"},
    {Reason::undone, "undone", ""},
    {Reason::undo_noted, "undo_noted", ""},
    {Reason::approved_in_part, "approved_in_part", "10"},
    {Reason::advice_noted, "advice_noted", "00"},
    {Reason::replaced_by_advice, "replaced_by_advice", "21"},
};
static_assert(std::size(rows) == reason_count);

constexpr bool rows_stand_in_order()
{
    for (std::size_t i = 0; i < reason_count; ++i)
        if (static_cast<std::size_t>(rows[i].reason) != i) return false;
    return true;
}
static_assert(rows_stand_in_order());

} // namespace

std::string_view name_of(Reason reason)
{
    return rows[static_cast<std::size_t>(reason)].name;
}

std::optional<Reason> reason_named(std::string_view name)
{
    for (const Row& row : rows)
        if (row.name == name) return row.reason;
    return std::nullopt;
}

AnswerCodes iso87_answer_codes()
{
    AnswerCodes codes;
    for (const Row& row : rows) codes[static_cast<std::size_t>(row.reason)] = row.iso87_code;
    return codes;
}

} // namespace authz
