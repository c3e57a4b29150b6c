#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace authz {

/// Why a message was answered as it was. Names are stored in the journal: never rename one, only add.
enum class Reason : std::uint8_t {
    approved,                ///< posted, or an inquiry answered
    accepted,                ///< an order taken note of, whatever it found: fault reversal, stand-in advice
    unknown_card,            ///< A4
    foreign_card,            ///< A4: another issuer's card
    card_number_wrong,       ///< A4: check digit
    card_not_usable,         ///< A5: blocked, not assigned, closed
    card_expired,            ///< A6
    amount_limit,            ///< A7
    count_limit,             ///< A7
    amount_invalid,          ///< zero, or above the maximum of one message
    currency_not_served,     ///< A8
    merchant_not_served,     ///< A8
    function_not_served,     ///< A8: this processing code, or a partial reversal
    insufficient_funds,      ///< A2
    stale,                   ///< A9
    reversed_before_arrival, ///< D3, D14, E16: its reversal came first
    reversed,                ///< B6: a repeat of what was approved and then reversed
    original_not_found,      ///< E4, E6, E7, D7
    original_not_a_sale,     ///< 12
    original_amount_differs, ///< E2; refunds above what is left
    nothing_to_cancel,       ///< E8
    original_is_a_reversal,  ///< C24
    duplicate_conflict,      ///< B4, D6: same key, other content
    deadline_passed,         ///< H1: declined unexecuted
    undone,                  ///< own undo that had an effect to undo, or marked its target
    undo_noted,         ///< own undo: this delivery stayed silent, but another one may have been answered
    approved_in_part,   ///< A3: less than asked for, as the terminal allows
    advice_noted,       ///< A14: a stand-in advice of a refusal; no effect
    replaced_by_advice, ///< S1: the network stood in before the request came
};

inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::replaced_by_advice) + 1;

/// The request was approved, whole or in part.
[[nodiscard]] constexpr bool is_approval(Reason reason)
{
    return reason == Reason::approved || reason == Reason::approved_in_part;
}

/// True when the message took effect or was noted as an order: answered with DE39 "00" or "10".
[[nodiscard]] constexpr bool is_positive(Reason reason)
{
    return is_approval(reason) || reason == Reason::accepted || reason == Reason::advice_noted;
}

/// The name stored in the journal, for example "insufficient_funds".
[[nodiscard]] std::string_view name_of(Reason reason);
[[nodiscard]] std::optional<Reason> reason_named(std::string_view name);

/// DE39 per reason. The default is ISO 8583:1987 as in DOMAIN 2.4; a profile may replace single codes.
using AnswerCodes = std::array<std::string, reason_count>;
[[nodiscard]] AnswerCodes iso87_answer_codes();

} // namespace authz
