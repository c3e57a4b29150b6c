#include "sim/amount.hpp"

#include <array>
#include <charconv>

namespace sim {

namespace {

struct Currency {
    std::string_view letters;
    std::string_view digits;
    int decimals;
};

// ISO 4217, the ones that scenarios use.
constexpr std::array<Currency, 6> currencies{{
    {"JPY", "392", 0},
    {"EUR", "978", 2},
    {"USD", "840", 2},
    {"GBP", "826", 2},
    {"KWD", "414", 3},
    {"KRW", "410", 0},
}};

const Currency* find_currency(std::string_view letters)
{
    for (const Currency& currency : currencies)
        if (currency.letters == letters) return &currency;
    return nullptr;
}

std::string padded(std::int64_t value, std::size_t width)
{
    std::string digits = std::to_string(value);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

} // namespace

std::optional<Amount> parse_amount(std::string_view text)
{
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const Currency* currency = find_currency(text.substr(space + 1));
    if (currency == nullptr) return std::nullopt;

    std::string digits(text.substr(0, space));
    const std::size_t dot = digits.find('.');
    const std::size_t decimals = dot == std::string::npos ? 0 : digits.size() - dot - 1;
    if (decimals != (dot == std::string::npos ? 0U : static_cast<std::size_t>(currency->decimals)))
        return std::nullopt;
    if (dot != std::string::npos)
        digits.erase(dot, 1);
    else
        digits.append(static_cast<std::size_t>(currency->decimals), '0');

    std::int64_t minor = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return Amount{minor, std::string(currency->letters)};
}

std::string text_of(const Amount& amount)
{
    const Currency* currency = find_currency(amount.currency);
    const int decimals = currency == nullptr ? 0 : currency->decimals;
    std::string digits =
        padded(amount.minor < 0 ? -amount.minor : amount.minor, static_cast<std::size_t>(decimals) + 1);
    if (decimals > 0) digits.insert(digits.size() - static_cast<std::size_t>(decimals), ".");
    return (amount.minor < 0 ? "-" : "") + digits + " " + amount.currency;
}

std::string currency_digits(std::string_view letters)
{
    const Currency* currency = find_currency(letters);
    return currency == nullptr ? std::string() : std::string(currency->digits);
}

std::string currency_letters(std::string_view digits)
{
    for (const Currency& currency : currencies)
        if (currency.digits == digits) return std::string(currency.letters);
    return {};
}

std::string de4_of(const Amount& amount)
{
    return padded(amount.minor, 12);
}

} // namespace sim
