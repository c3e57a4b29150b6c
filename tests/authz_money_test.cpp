#include "authz/currency.hpp"
#include "authz/record.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>

using namespace authz;

TEST_CASE("money: a sum that leaves 64 bits is nothing")
{
    constexpr auto max = std::numeric_limits<std::int64_t>::max();
    CHECK(checked_add(max - 1, 1) == max);
    CHECK_FALSE(checked_add(max, 1));
    CHECK_FALSE(checked_add(-max, -2));
}

TEST_CASE("money: text and back")
{
    struct Row {
        const char* text;
        std::optional<Money> money;
    };
    const Row rows[] = {
        {"12.50 EUR", Money{1250, 978}},
        {"1000 JPY", Money{1000, 392}},
        {"-0.05 USD", Money{-5, 840}},
        {"3 KWD", Money{3000, 414}},
        {"92233720368547758.07 USD", Money{std::numeric_limits<std::int64_t>::max(), 840}},
        {"92233720368547758.08 USD", std::nullopt},
        {"1.5 JPY", std::nullopt},
        {"1. EUR", std::nullopt},
        {".5 EUR", std::nullopt},
        {"1.234 EUR", std::nullopt},
        {"12 XXX", std::nullopt},
        {"12EUR", std::nullopt},
        {"+1 EUR", std::nullopt},
        {"1 000 JPY", std::nullopt},
        {"", std::nullopt},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto money = parse_money(row.text);
        CHECK(money.has_value() == row.money.has_value());
        if (money && row.money) CHECK(*money == *row.money);
        if (money) CHECK(parse_money(format_money(*money)) == money);
    }
    CHECK(format_money({-5, 840}) == "-0.05 USD");
    CHECK(format_money({7, 999}) == "7 999");
}

TEST_CASE("names: each reason, anomaly and operation has its own name and is found by it")
{
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < reason_count; ++i) {
        const auto reason = static_cast<Reason>(i);
        CHECK(seen.insert(name_of(reason)).second);
        CHECK(reason_named(name_of(reason)) == reason);
    }
    for (std::size_t i = 0; i < anomaly_count; ++i)
        CHECK(anomaly_named(name_of(static_cast<Anomaly>(i))) == static_cast<Anomaly>(i));
    CHECK(operation_named("own_undo") == Operation::own_undo);
    CHECK_FALSE(reason_named("no such reason"));
}
