/// What a serving network sends: how often, which kinds, which cards, which amounts.
#pragma once

#include "sim/amount.hpp"
#include "sim/rng.hpp"
#include "sim/terminal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sim {

/// What may be sent: "sale", "refund", "linked_refund", "cancel", "inquiry".
enum class ServeKind : std::uint8_t { sale, refund, linked_refund, cancel, inquiry };
inline constexpr std::size_t serve_kinds = 5;
[[nodiscard]] std::string_view name_of(ServeKind kind);
/// True when it names an approved sale.
[[nodiscard]] bool names_a_sale(ServeKind kind);

/// The network decides in the issuer's place while it is away.
struct StandIn {
    std::int64_t sale_max_minor = 0; ///< one sale
    std::int64_t card_max_minor = 0; ///< all sales of a card until the issuer is back
};

struct ServePlan {
    double rate = 10;        ///< requests a second
    std::uint64_t count = 0; ///< requests; 0: no end
    Amount amount_min{100, "JPY"};
    std::int64_t amount_max_minor = 100;
    std::uint32_t mix[serve_kinds] = {1, 0, 0, 0, 0}; ///< weights, by ServeKind
    std::vector<CardInHand> cards;
    std::optional<StandIn> stand_in;

    [[nodiscard]] ServeKind draw_kind(Rng& rng) const;
    [[nodiscard]] Amount draw_amount(Rng& rng) const;
};

/// A traffic file:
///     rate = "20/s"
///     count = 1000
///     amounts = ["1 JPY", "500 JPY"]
///     mix = { sale = 8, refund = 1, cancel = 1 }
///     cards = "cards.csv"
///     stand_in = { sale = "1000 JPY", card = "5000 JPY" }
/// Each key may be missing. `cards` is found from the file's folder.
/// throws   FileError
void read_serve_plan(const std::string& file, ServePlan& plan);

/// "20/s", "30/min": a second.
/// throws   std::invalid_argument
[[nodiscard]] double rate_of(const std::string& text);

/// "sale=8,refund=1".
/// throws   std::invalid_argument
void put_mix(const std::string& text, ServePlan& plan);

} // namespace sim
