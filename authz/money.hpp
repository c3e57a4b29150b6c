#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace authz {

/// ISO 4217 numeric code, for example 392 for yen.
using Currency = std::uint16_t;

/// An amount in minor units of its currency. How many decimals that currency has is not known here, and not
/// needed.
struct Money {
    std::int64_t minor = 0;
    Currency currency = 0;

    friend auto operator<=>(const Money&, const Money&) = default;
};

/// Sum of two amounts of minor units; nothing when it leaves 64 bits.
[[nodiscard]] std::optional<std::int64_t> checked_add(std::int64_t a, std::int64_t b);

} // namespace authz
