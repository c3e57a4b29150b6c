#include "authz/calendar.hpp"

#include <algorithm>
#include <charconv>

namespace authz {

namespace {

using namespace std::chrono;

constexpr days half_a_year{184};

std::optional<unsigned> number_at(std::string_view text, std::size_t from)
{
    const std::string_view part = text.substr(from, 2);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (part.size() != 2 || error != std::errc{} || end != part.data() + 2) return std::nullopt;
    return number;
}

std::optional<seconds> time_of_day(std::string_view hour_to_second)
{
    const auto h = number_at(hour_to_second, 0);
    const auto m = number_at(hour_to_second, 2);
    const auto s = number_at(hour_to_second, 4);
    if (!h || !m || !s || *h > 23 || *m > 59) return std::nullopt;
    const bool is_leap_second = *h == 23 && *m == 59 && *s == 60;
    if (*s > 59 && !is_leap_second) return std::nullopt;
    return hours{*h} + minutes{*m} + seconds{*s};
}

/// The date whose distance to now, with `time` of day added, is smallest.
std::optional<sys_days> nearest_date(std::string_view month_and_day, seconds time, sys_seconds now)
{
    const auto m = number_at(month_and_day, 0);
    const auto d = number_at(month_and_day, 2);
    if (!m || !d) return std::nullopt;
    const year this_year = year_month_day{floor<days>(now)}.year();
    std::optional<sys_days> best;
    for (const year y : {this_year - years{1}, this_year, this_year + years{1}}) {
        const year_month_day date{y, month{*m}, day{*d}};
        if (!date.ok()) continue;
        const auto gap = abs(sys_days{date} + time - now);
        if (gap <= half_a_year && (!best || gap < abs(*best + time - now))) best = sys_days{date};
    }
    return best;
}

} // namespace

std::optional<sys_seconds> moment_near(std::string_view month_to_second, sys_seconds now)
{
    if (month_to_second.size() != 10) return std::nullopt;
    const auto time = time_of_day(month_to_second.substr(4));
    if (!time) return std::nullopt;
    const auto date = nearest_date(month_to_second, *time, now);
    if (!date) return std::nullopt;
    return *date + *time;
}

std::optional<sys_days> date_near(std::string_view month_and_day, sys_seconds now)
{
    if (month_and_day.size() != 4) return std::nullopt;
    return nearest_date(month_and_day, hours{12}, now);
}

std::optional<int> expiry_of(std::string_view year_and_month)
{
    if (year_and_month.size() != 4) return std::nullopt;
    const auto y = number_at(year_and_month, 0);
    const auto m = number_at(year_and_month, 2);
    if (!y || !m || *m < 1 || *m > 12) return std::nullopt;
    return static_cast<int>((2000 + *y) * 100 + *m);
}

} // namespace authz
