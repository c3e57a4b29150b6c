#include "store/message_key.hpp"

#include "store/digest.hpp"

#include <algorithm>
#include <string>

namespace store {

namespace {

constexpr std::size_t time_bytes = 4;

void append_number(std::string& bytes, std::uint64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFFU);
}

int number_at(std::string_view digits, std::size_t at)
{
    return (digits[at] - '0') * 10 + (digits[at + 1] - '0');
}

} // namespace

authz::Key message_key(const authz::KeyFields& fields, std::string_view transmitted,
                       std::chrono::sys_seconds transmitted_at)
{
    std::string bytes;
    for (const std::string_view field :
         {std::string_view(fields.network), std::string_view(fields.mti_kind), std::string_view(fields.stan),
          transmitted, std::string_view(fields.terminal)}) {
        append_number(bytes, field.size());
        bytes += field;
    }
    const auto digest = sha256(bytes);
    authz::Key key;
    const auto second = static_cast<std::uint32_t>(transmitted_at.time_since_epoch().count());
    for (std::size_t i = 0; i < time_bytes; ++i)
        key.bytes[i] = static_cast<std::uint8_t>(second >> (8 * (time_bytes - 1 - i)));
    std::copy_n(digest.begin(), key.bytes.size() - time_bytes, key.bytes.begin() + time_bytes);
    return key;
}

std::optional<std::chrono::sys_seconds> moment_near(std::string_view transmitted,
                                                    std::chrono::sys_seconds now)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (transmitted.size() != 10 || !std::ranges::all_of(transmitted, is_digit)) return std::nullopt;
    const std::chrono::hours hour{number_at(transmitted, 4)};
    const std::chrono::minutes minute{number_at(transmitted, 6)};
    const std::chrono::seconds second{number_at(transmitted, 8)};
    if (hour.count() > 23 || minute.count() > 59 || second.count() > 60) return std::nullopt;

    const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
    std::optional<std::chrono::sys_seconds> nearest;
    for (int shift = -1; shift <= 1; ++shift) {
        const std::chrono::year_month_day date{
            today.year() + std::chrono::years{shift},
            std::chrono::month(static_cast<unsigned>(number_at(transmitted, 0))),
            std::chrono::day(static_cast<unsigned>(number_at(transmitted, 2)))};
        if (!date.ok()) continue;
        const std::chrono::sys_seconds moment = std::chrono::sys_days{date} + hour + minute + second;
        if (!nearest || std::chrono::abs(moment - now) < std::chrono::abs(*nearest - now)) nearest = moment;
    }
    return nearest;
}

} // namespace store
