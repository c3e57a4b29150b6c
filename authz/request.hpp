#pragma once

#include "authz/key.hpp"
#include "authz/money.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace authz {

struct Policy;

using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// What a message asks for, after the profile of its link has read it (DOMAIN 2.1).
enum class Operation : std::uint8_t {
    sale,
    refund,         ///< gives money; linked when it names an original
    cancel,         ///< the shop undoes a sale; may be refused
    fault_reversal, ///< the network undoes a request; an order, not a question
    inquiry,
    own_undo, ///< a delivery of the original stayed silent: its effect is undone if all did (DESIGN 3)
    stand_in, ///< the network decided in our place and tells: an order; names the request it stands in for
};

inline constexpr std::size_t operation_count = static_cast<std::size_t>(Operation::stand_in) + 1;

/// The network tells what it has decided: such a message is carried out and acknowledged, never refused.
[[nodiscard]] constexpr bool is_order(Operation operation)
{
    return operation == Operation::fault_reversal || operation == Operation::stand_in;
}

/// What a fault reversal undoes (DOMAIN 3.5, "Scope of a reversal").
enum class ReversalScope : std::uint8_t {
    message,     ///< that one message: a fault caused it (timeout, late, undeliverable)
    transaction, ///< the transaction, whichever message carries it now: shop or customer voids it
    unstated,    ///< no reason given: the message, unless an advice came that is older than the reversal
};

/// A reversal of a part (DE95, DOMAIN 1.6). With scope `message` it is full all the same.
struct PartialReversal {
    enum class Mode : std::uint8_t {
        replacement, ///< `minor` is what the sale finally was
        reversed,    ///< `minor` is given back
    };
    Mode mode = Mode::replacement;
    std::int64_t minor = 0;

    friend bool operator==(const PartialReversal&, const PartialReversal&) = default;
};

/// The fields a key was made of. They stand beside the key and are compared, so that a digest collision
/// cannot join two transactions. The transmission time stands beside them in Request and Record.
struct KeyFields {
    std::string network;
    std::string mti_kind; ///< class and function digit of the MTI: "20" for 0200 and 0201
    std::string stan;
    std::string terminal;

    friend bool operator==(const KeyFields&, const KeyFields&) = default;
};

/// The message that a refund, cancel or fault reversal names.
struct Original {
    Key key;
    std::string acquirer; ///< without leading zeros; empty when the message does not give it

    friend bool operator==(const Original&, const Original&) = default;
};

/// What the edge found out about the card number; the number itself stays at the edge.
enum class CardNumber : std::uint8_t { absent, ours, fails_luhn, foreign_bin };

/// One message in domain words.
struct Request {
    Operation operation = Operation::sale;
    Key key;
    KeyFields key_fields;
    std::chrono::sys_seconds
        transmitted_at{}; ///< DE7 with its year inferred; also the first four bytes of the key
    std::uint64_t delivery =
        0; ///< unique per frame received by any node; equal only when the same frame is run again
    CardNumber card_number = CardNumber::absent;
    std::optional<CardToken> card;
    std::optional<int> stated_expiry; ///< DE14 as year * 100 + month, four-digit year
    Money amount;
    std::string processing_code; ///< DE3
    std::string merchant;        ///< DE42
    std::string mcc;             ///< DE18; empty when absent
    std::string acquirer;        ///< DE32 without leading zeros; empty when absent
    std::string rrn;             ///< DE37; stored for people, decides nothing
    ContentDigest content;
    std::optional<Original> original;             ///< of a stand-in advice the request, never another advice
    ReversalScope scope = ReversalScope::message; ///< of a fault reversal
    std::optional<PartialReversal> part;          ///< of a fault reversal
    bool takes_part = false;       ///< of a sale: the terminal can go on with less than it asked for (row A3)
    bool network_declined = false; ///< of a stand-in advice: it tells of a refusal (row A14)
    std::chrono::sys_days business_date{};
    /// The deadline passed before this request was executed. It is recorded as declined and never executed.
    bool abandoned = false;
    std::shared_ptr<const Policy> policy; ///< of the link it came in on; never null
};

} // namespace authz
