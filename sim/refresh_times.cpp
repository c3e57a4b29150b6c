#include "sim/refresh_times.hpp"

#include <array>
#include <cstdio>

namespace sim {

namespace {

using Second = std::chrono::sys_seconds;
using std::chrono::days;
using std::chrono::sys_days;

/// Two digits at `at`; above 99 when they are none.
unsigned two(std::string_view digits, std::size_t at)
{
    const auto digit = [&](std::size_t i) {
        return digits[i] >= '0' && digits[i] <= '9' ? static_cast<unsigned>(digits[i] - '0') : 100U;
    };
    return digit(at) * 10 + digit(at + 1);
}

std::optional<std::chrono::seconds> time_of_day(std::string_view hhmmss)
{
    const unsigned h = two(hhmmss, 0);
    const unsigned m = two(hhmmss, 2);
    const unsigned s = two(hhmmss, 4);
    if (h > 23 || m > 59 || s > 59) return std::nullopt;
    return std::chrono::seconds{h * 3600 + m * 60 + s};
}

/// The day MMDD that is nearest.
std::optional<sys_days> day_of(std::string_view mmdd, WallTime near)
{
    const auto today = std::chrono::floor<days>(near);
    const auto year = std::chrono::year_month_day(today).year();
    std::optional<sys_days> best;
    for (int step = -1; step <= 1; ++step) {
        const std::chrono::year_month_day date(year + std::chrono::years{step},
                                               std::chrono::month{two(mmdd, 0)},
                                               std::chrono::day{two(mmdd, 2)});
        if (!date.ok()) continue;
        const sys_days day(date);
        if (!best || std::chrono::abs(day - today) < std::chrono::abs(*best - today)) best = day;
    }
    return best;
}

std::string text_of(std::initializer_list<unsigned> pairs)
{
    std::string text;
    for (const unsigned pair : pairs) {
        text.push_back(static_cast<char>('0' + pair / 10 % 10));
        text.push_back(static_cast<char>('0' + pair % 10));
    }
    return text;
}

std::string mmdd(sys_days day)
{
    const std::chrono::year_month_day date(day);
    return text_of({static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())});
}

std::string hhmmss(std::chrono::seconds since_midnight)
{
    const auto s = static_cast<unsigned>(since_midnight.count());
    return text_of({s / 3600, s / 60 % 60, s % 60});
}

std::string stamp_text(Second at)
{
    const auto day = std::chrono::floor<days>(at);
    return mmdd(day) + hhmmss(at - day);
}

/// DE12 of 1993: YYMMDDhhmmss.
std::optional<std::string> moved_long_time(std::string_view text, std::chrono::seconds offset)
{
    const std::chrono::year_month_day date(std::chrono::year{2000 + static_cast<int>(two(text, 0))},
                                           std::chrono::month{two(text, 2)}, std::chrono::day{two(text, 4)});
    const auto time = time_of_day(text.substr(6));
    if (two(text, 0) > 99 || !date.ok() || !time) return std::nullopt;
    const Second moved = sys_days(date) + *time + offset;
    const auto day = std::chrono::floor<days>(moved);
    const auto year = static_cast<unsigned>(static_cast<int>(std::chrono::year_month_day(day).year()) % 100);
    return text_of({year}) + stamp_text(moved);
}

/// A time of day without a date: round the clock.
std::string moved_time_of_day(std::string_view text, std::chrono::seconds offset)
{
    const auto time = time_of_day(text);
    if (!time) return std::string(text);
    constexpr std::chrono::seconds day = days{1};
    return hhmmss(((*time + offset) % day + day) % day);
}

void move_local_time(codec::Message& message, std::chrono::seconds offset, WallTime near)
{
    const std::string time(message.get(12));
    const std::string date(message.get(13));
    if (time.size() == 12) {
        if (const auto moved = moved_long_time(time, offset)) message.set(12, *moved);
        return; // DE13 is another thing then
    }
    if (time.size() != 6) return;
    const std::string moved = moved_stamp(date + time, offset, near);
    if (date.size() == 4 && moved != date + time) {
        message.set(13, moved.substr(0, 4));
        message.set(12, moved.substr(4));
    } else if (date.empty()) {
        message.set(12, moved_time_of_day(time, offset));
    }
}

/// By how many days DE7 moves, or DE13.
days day_step(const codec::Message& message, std::chrono::seconds offset, WallTime near)
{
    auto at = moment_of(message.get(7), near);
    if (!at) at = moment_of(std::string(message.get(13)) + std::string(message.get(12)), near);
    if (!at) return days{0};
    return std::chrono::floor<days>(*at + offset) - std::chrono::floor<days>(*at);
}

} // namespace

std::optional<std::chrono::sys_seconds> moment_of(std::string_view stamp, WallTime near)
{
    if (stamp.size() != 10) return std::nullopt;
    const auto day = day_of(stamp.substr(0, 4), near);
    const auto time = time_of_day(stamp.substr(4));
    if (!day || !time) return std::nullopt;
    return *day + *time;
}

std::string moved_stamp(std::string_view stamp, std::chrono::seconds offset, WallTime near)
{
    const auto at = moment_of(stamp, near);
    return at ? stamp_text(*at + offset) : std::string(stamp);
}

void move_times(codec::Message& message, std::chrono::seconds offset, WallTime near)
{
    const days step = day_step(message, offset, near);
    move_local_time(message, offset, near);
    if (message.has(7)) message.set(7, moved_stamp(message.get(7), offset, near));
    for (const int de : {15, 16, 17}) {
        if (message.get(de).size() != 4) continue;
        if (const auto day = day_of(message.get(de), near)) message.set(de, mmdd(*day + step));
    }
}

} // namespace sim
