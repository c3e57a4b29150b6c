#pragma once

#include "authz/account.hpp"
#include "authz/reason.hpp"
#include "authz/request.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace authz {

/// Something odd that did not stop the message; a person or the reconciliation looks at it (DOMAIN 3.10,
/// "anom", "exc"). Names are stored in the journal: never rename one, only add.
enum class Anomaly : std::uint8_t {
    none,
    amount_differs,          ///< C3, C12, E24: a reversal quotes an amount nobody knows; S5
    currency_differs,        ///< C4; an advice in a currency that the account does not have
    card_differs,            ///< C5: key equal, card or acquirer not; an advice that fits nothing there
    content_differs,         ///< B4, D6
    balance_negative,        ///< A13, C21, E11: an order was carried out although the money is spent
    account_closed,          ///< C15: booked on the suspense account
    refunds_above_sale,      ///< the floor of the net-effect rule held
    account_unknown,         ///< A15: booked on the suspense account
    request_was_refused,     ///< S2: we had said no to what the network approved
    scope_unstated,          ///< a reversal without a reason met an advice (DOMAIN 3.5)
    part_contradicts_reason, ///< F4: a part is named, and the reason says all
    part_without_effect,     ///< F5, F6, F8: it leaves as much as there was, or more
};

inline constexpr std::size_t anomaly_count = static_cast<std::size_t>(Anomaly::part_without_effect) + 1;

[[nodiscard]] std::string_view name_of(Anomaly anomaly);
[[nodiscard]] std::optional<Anomaly> anomaly_named(std::string_view name);
[[nodiscard]] std::string_view name_of(Operation operation);
[[nodiscard]] std::optional<Operation> operation_named(std::string_view name);

/// Balances as told in DE54, minor units of the account's currency.
struct Balances {
    std::int64_t ledger_minor = 0;
    std::int64_t available_minor = 0;

    friend bool operator==(const Balances&, const Balances&) = default;
};

/// What leaves towards the network. Stored, so that a repeat gets the same.
struct Answer {
    Reason reason = Reason::approved;
    std::string code;          ///< DE39
    std::string approval_code; ///< DE38, six characters; empty when there is none
    std::optional<Balances> balances;
    std::optional<std::int64_t> approved_minor{}; ///< DE4 of a partial approval (row A3)

    friend bool operator==(const Answer&, const Answer&) = default;
};

/// One decided message: a fact of its group and a row of the journal. Never changed once written.
struct Record {
    Key key;
    Operation operation = Operation::sale;
    KeyFields key_fields;
    std::chrono::sys_seconds transmitted_at{};
    std::uint64_t delivery = 0;
    Key group; ///< key of the message that the group hangs on; its own key if it hangs on nothing
    std::optional<Original> target;               ///< as the message named it, found or not
    ReversalScope scope = ReversalScope::message; ///< of a fault reversal
    std::optional<PartialReversal> part;          ///< of a fault reversal
    std::optional<AccountId> account;
    std::optional<CardToken> card;
    Money amount; ///< as asked for; of a partial approval see answer.approved_minor
    std::string processing_code;
    std::string merchant;
    std::string acquirer;
    std::string rrn;
    ContentDigest content;
    Answer answer;
    Anomaly anomaly = Anomaly::none;
    std::int64_t posted_minor = 0; ///< what this message moved: + gave to the card, - took from it
    std::chrono::sys_days business_date{};
    Time decided_at{};

    /// Of an approved request or advice: the amount it is good for.
    [[nodiscard]] std::int64_t approved_minor() const { return answer.approved_minor.value_or(amount.minor); }
};

/// A repeat, or a message under a key that is taken. Every answer follows a durable row of its own
/// (RELIABILITY T4), and an own undo must see who was told an approval.
struct Redelivery {
    Key key;
    std::uint64_t delivery = 0;
    std::optional<AccountId> account;
    ContentDigest content;
    Answer answer;
    Anomaly anomaly = Anomaly::none;
    Time decided_at{};
};

/// One double entry. The holder's side is the account or, when that is closed or unknown, the suspense
/// account; the other side is the clearing account of the message's network. Positive: the holder is
/// credited.
struct Posting {
    Key key; ///< of the message that caused it; one message causes at most one
    Key group;
    std::string network;
    bool on_suspense = false;
    AccountId account = 0; ///< 0 when unknown: then on suspense
    Money delta;
    std::int64_t account_version = 0;     ///< of the holder's account after it; 0 on suspense
    std::int64_t balance_after_minor = 0; ///< of the holder's account; 0 on suspense
    std::chrono::sys_days business_date{};
    Time posted_at{};
};

} // namespace authz
