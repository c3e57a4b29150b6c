/// Rates, times and counts as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sim {

/// "500/s", "2.5/s", "600/min", in transactions per second; nothing when it is no rate.
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);
/// "900us", "50ms", "1.5s", "2min", "1h"; nothing when it is no time, or below zero or above 24 h.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_time(std::string_view text);
/// A number without sign, such as "0.01"; nothing when something else stands there.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// Three digits and a unit: "850 us", "9.81 ms", "1.36 s".
[[nodiscard]] std::string short_text(std::chrono::nanoseconds time);
/// "12,345".
[[nodiscard]] std::string grouped(std::uint64_t count);
/// "4,983/s", "2.5/s".
[[nodiscard]] std::string rate_text(double per_second);
/// "0.12 %".
[[nodiscard]] std::string percent_text(double share);

} // namespace sim
