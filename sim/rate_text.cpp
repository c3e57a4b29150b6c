#include "sim/rate_text.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace sim {

namespace {

/// A number and what stands behind it.
struct Measured {
    double number = 0;
    std::string_view unit;
};

std::optional<Measured> split(std::string_view text)
{
    Measured measured;
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data(), end, measured.number, std::chars_format::fixed);
    if (error != std::errc{} || !(measured.number >= 0) || !std::isfinite(measured.number))
        return std::nullopt;
    measured.unit = std::string_view(after, static_cast<std::size_t>(end - after));
    return measured;
}

std::string formatted(const char* format, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

} // namespace

std::optional<double> parse_rate(std::string_view text)
{
    const auto measured = split(text);
    if (!measured) return std::nullopt;
    if (measured->unit == "/s") return measured->number;
    if (measured->unit == "/min") return measured->number / 60;
    return std::nullopt;
}

std::optional<std::chrono::nanoseconds> parse_time(std::string_view text)
{
    constexpr std::pair<std::string_view, double> units[] = {
        {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3'600e9}};
    constexpr double longest = 24 * 3'600e9;
    const auto measured = split(text);
    if (!measured) return std::nullopt;
    for (const auto& [unit, ns] : units)
        if (measured->unit == unit && measured->number * ns <= longest)
            return std::chrono::nanoseconds(std::llround(measured->number * ns));
    return std::nullopt;
}

std::optional<double> parse_number(std::string_view text)
{
    const auto measured = split(text);
    if (!measured || !measured->unit.empty()) return std::nullopt;
    return measured->number;
}

std::string short_text(std::chrono::nanoseconds time)
{
    constexpr std::pair<double, const char*> units[] = {{1e9, " s"}, {1e6, " ms"}, {1e3, " us"}};
    const auto ns = static_cast<double>(time.count());
    for (const auto& [unit, name] : units) {
        if (ns < unit * 0.9995 && unit > 1e3) continue;
        const double value = ns / unit;
        return formatted(value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value) + name;
    }
    return "0";
}

std::string grouped(std::uint64_t count)
{
    std::string text = std::to_string(count);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

std::string rate_text(double per_second)
{
    if (per_second >= 100) return grouped(static_cast<std::uint64_t>(std::llround(per_second))) + "/s";
    return formatted("%.3g/s", per_second);
}

std::string percent_text(double share)
{
    return formatted("%.3g %%", share * 100);
}

} // namespace sim
