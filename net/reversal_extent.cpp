#include "net/reversal_extent.hpp"

#include "authz/test_build.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace net {

namespace {

constexpr std::size_t amount_size = 12;

std::string_view first_amount(const codec::Message& message)
{
    return message.get(95).substr(0, amount_size);
}

bool is_given(std::string_view result)
{
    return result.find_first_not_of(' ') != std::string_view::npos && result != "00";
}

/// Four digits, 4000 to 4099; whatever else dialects put into these elements is no reason.
bool is_reason_code(std::string_view text)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return text.size() == 4 && text.starts_with("40") && std::all_of(text.begin(), text.end(), is_digit);
}

} // namespace

bool has_fault_reason(const codec::Message& message)
{
    if (TOLLGATE_PLANTED("fault-reason-ignored")) return false;
    constexpr std::array<std::string_view, 3> results{"68", "91", "22"};
    constexpr std::array<std::string_view, 3> reasons{"4006", "4013", "4021"};
    const auto is_reason = [&](std::string_view text) { return std::ranges::count(reasons, text) > 0; };
    return std::ranges::count(results, message.get(39)) > 0 || is_reason(message.get(56).substr(0, 4)) ||
           is_reason(message.get(25));
}

authz::ReversalScope scope_of(const codec::Message& message)
{
    if (has_fault_reason(message)) return authz::ReversalScope::message;
    const bool has_reason = is_given(message.get(39)) || is_reason_code(message.get(56).substr(0, 4)) ||
                            is_reason_code(message.get(25));
    return has_reason ? authz::ReversalScope::transaction : authz::ReversalScope::unstated;
}

PartReading read_part(const codec::Message& message, authz::PartialReversal::Mode mode)
{
    if (message.get(95).empty()) return {};
    const std::string_view digits = first_amount(message);
    authz::PartialReversal part{mode, 0};
    const char* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, part.minor);
    if (digits.size() != amount_size || read.ec != std::errc{} || read.ptr != end || part.minor < 0)
        return {std::nullopt, false};
    const bool means_all =
        part.minor == 0 && (mode == authz::PartialReversal::Mode::replacement || has_fault_reason(message));
    if (means_all) return {};
    return {part, true};
}

bool asks_for_part(const codec::Message& message)
{
    return first_amount(message).find_first_not_of('0') != std::string_view::npos;
}

} // namespace net
