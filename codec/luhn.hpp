#pragma once

#include <string_view>

namespace codec {

/// The digit that makes `digits` followed by it pass the check of ISO/IEC 7812.
[[nodiscard]] constexpr char luhn_digit(std::string_view digits)
{
    int sum = 0;
    bool doubled = true;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, doubled = !doubled) {
        const int value = (*digit - '0') * (doubled ? 2 : 1);
        sum += value > 9 ? value - 9 : value;
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

} // namespace codec
