#include "authz/money.hpp"

namespace authz {

std::optional<std::int64_t> checked_add(std::int64_t a, std::int64_t b)
{
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

} // namespace authz
