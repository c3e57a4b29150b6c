#pragma once

#include "authz/money.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace authz {

/// One row of ISO 4217: "JPY", 392, no decimals.
struct CurrencyInfo {
    std::string_view code;
    Currency number;
    int decimals;
};

/// Null for a currency that is not in the table.
[[nodiscard]] const CurrencyInfo* find_currency(std::string_view code);
[[nodiscard]] const CurrencyInfo* find_currency(Currency number);

/// "12.50 EUR", "1000 JPY", "-3 USD". Nothing when the currency is not known, when there are more decimals
/// than it has, or when the number leaves 64 bits.
[[nodiscard]] std::optional<Money> parse_money(std::string_view text);

/// The same form, with all decimals of the currency; the number of an unknown currency stands in its place.
[[nodiscard]] std::string format_money(const Money& money);

} // namespace authz
