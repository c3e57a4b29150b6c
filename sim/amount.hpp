/// Amounts as people write them, "12.50 EUR", and as DE4 and DE49 carry them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sim {

struct Amount {
    std::int64_t minor = 0;
    std::string currency; ///< three letters

    friend bool operator==(const Amount&, const Amount&) = default;
};

/// What DE4 has room for.
inline constexpr std::int64_t amount_minor_max = 999'999'999'999;

/// "1000 JPY", "12.50 EUR"; nothing when the text has another shape, the currency is not known here or the
/// decimals do not fit it.
[[nodiscard]] std::optional<Amount> parse_amount(std::string_view text);
[[nodiscard]] std::string text_of(const Amount& amount);

/// ISO 4217 digits of DE49, for example "392"; empty when the currency is not known here.
[[nodiscard]] std::string currency_digits(std::string_view letters);

/// The other way round: "JPY" for "392".
[[nodiscard]] std::string currency_letters(std::string_view digits);

/// Twelve digits of DE4.
[[nodiscard]] std::string de4_of(const Amount& amount);

} // namespace sim
