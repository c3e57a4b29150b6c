#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace authz {

/// DE7, "MMDDhhmmss" in UTC without a year: of the years it could be, the one that puts it nearest to now,
/// within half a year. Nothing when there is no such moment, 29 February far from a leap year included.
/// A leap second, 235960, is the second after it.
[[nodiscard]] std::optional<std::chrono::sys_seconds> moment_near(std::string_view month_to_second,
                                                                  std::chrono::sys_seconds now);

/// DE15, "MMDD", by the same rule.
[[nodiscard]] std::optional<std::chrono::sys_days> date_near(std::string_view month_and_day,
                                                             std::chrono::sys_seconds now);

/// DE14, "YYMM", as year * 100 + month with the year in 2000..2099. Nothing when there is no such month.
[[nodiscard]] std::optional<int> expiry_of(std::string_view year_and_month);

} // namespace authz
