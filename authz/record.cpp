#include "authz/record.hpp"

#include <array>

namespace authz {

namespace {

constexpr std::array<std::string_view, operation_count> operation_names = {
    "sale", "refund", "cancel", "fault_reversal", "inquiry", "own_undo", "stand_in"};

constexpr std::array<std::string_view, anomaly_count> anomaly_names = {
    "none",
    "amount_differs",
    "currency_differs",
    "card_differs",
    "content_differs",
    "balance_negative",
    "account_closed",
    "refunds_above_sale",
    "account_unknown",
    "request_was_refused",
    "scope_unstated",
    "part_contradicts_reason",
    "part_without_effect",
};

template <class Enum, std::size_t n>
std::optional<Enum> find_name(const std::array<std::string_view, n>& names, std::string_view name)
{
    for (std::size_t i = 0; i < n; ++i)
        if (names[i] == name) return static_cast<Enum>(i);
    return std::nullopt;
}

} // namespace

std::string_view name_of(Operation operation)
{
    return operation_names[static_cast<std::size_t>(operation)];
}
std::optional<Operation> operation_named(std::string_view name)
{
    return find_name<Operation>(operation_names, name);
}
std::string_view name_of(Anomaly anomaly)
{
    return anomaly_names[static_cast<std::size_t>(anomaly)];
}
std::optional<Anomaly> anomaly_named(std::string_view name)
{
    return find_name<Anomaly>(anomaly_names, name);
}

} // namespace authz
