#include "authz/currency.hpp"

#include <algorithm>
#include <charconv>

namespace authz {

namespace {

// ISO 4217: the currencies that card networks settle in; others are added as they are needed.
constexpr CurrencyInfo currencies[] = {
    {"AED", 784, 2}, {"ARS", 32, 2},  {"AUD", 36, 2},  {"BGN", 975, 2}, {"BHD", 48, 3},  {"BRL", 986, 2},
    {"CAD", 124, 2}, {"CHF", 756, 2}, {"CLP", 152, 0}, {"CNY", 156, 2}, {"COP", 170, 2}, {"CZK", 203, 2},
    {"DKK", 208, 2}, {"EGP", 818, 2}, {"EUR", 978, 2}, {"GBP", 826, 2}, {"HKD", 344, 2}, {"HUF", 348, 2},
    {"IDR", 360, 2}, {"ILS", 376, 2}, {"INR", 356, 2}, {"ISK", 352, 0}, {"JOD", 400, 3}, {"JPY", 392, 0},
    {"KES", 404, 2}, {"KRW", 410, 0}, {"KWD", 414, 3}, {"MAD", 504, 2}, {"MXN", 484, 2}, {"MYR", 458, 2},
    {"NAD", 516, 2}, {"NGN", 566, 2}, {"NOK", 578, 2}, {"NZD", 554, 2}, {"OMR", 512, 3}, {"PEN", 604, 2},
    {"PHP", 608, 2}, {"PKR", 586, 2}, {"PLN", 985, 2}, {"QAR", 634, 2}, {"RON", 946, 2}, {"SAR", 682, 2},
    {"SEK", 752, 2}, {"SGD", 702, 2}, {"THB", 764, 2}, {"TND", 788, 3}, {"TRY", 949, 2}, {"TWD", 901, 2},
    {"UAH", 980, 2}, {"USD", 840, 2}, {"VND", 704, 0}, {"ZAR", 710, 2},
};

bool is_digits(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

const CurrencyInfo* find_currency(std::string_view code)
{
    const auto* found = std::ranges::find(currencies, code, &CurrencyInfo::code);
    return found == std::end(currencies) ? nullptr : found;
}

const CurrencyInfo* find_currency(Currency number)
{
    const auto* found = std::ranges::find(currencies, number, &CurrencyInfo::number);
    return found == std::end(currencies) ? nullptr : found;
}

std::optional<Money> parse_money(std::string_view text)
{
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const CurrencyInfo* currency = find_currency(text.substr(space + 1));
    if (!currency) return std::nullopt;

    std::string_view number = text.substr(0, space);
    const bool negative = number.starts_with('-');
    if (negative) number.remove_prefix(1);
    const auto point = number.find('.');
    const std::string_view whole = number.substr(0, point);
    const std::string_view part = point == std::string_view::npos ? "" : number.substr(point + 1);
    const auto decimals = static_cast<std::size_t>(currency->decimals);
    if (!is_digits(whole) || part.size() > decimals) return std::nullopt;
    if (point != std::string_view::npos && !is_digits(part)) return std::nullopt;

    std::string digits = (negative ? "-" : "") + std::string(whole) + std::string(part);
    digits.append(decimals - part.size(), '0');
    std::int64_t minor = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    if (error != std::errc{}) return std::nullopt;
    return Money{minor, currency->number};
}

std::string format_money(const Money& money)
{
    const CurrencyInfo* currency = find_currency(money.currency);
    const auto decimals = static_cast<std::size_t>(currency ? currency->decimals : 0);
    std::string digits = std::to_string(money.minor);
    const bool negative = digits.starts_with('-');
    if (negative) digits.erase(0, 1);
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    if (decimals > 0) digits.insert(digits.size() - decimals, ".");
    const std::string code = currency ? std::string(currency->code) : std::to_string(money.currency);
    return (negative ? "-" : "") + digits + " " + code;
}

} // namespace authz
