#pragma once

#include <cstdint>

namespace sim {

/// Of the year 9999, in seconds since 1970: later moments have no text of four digits for their year.
inline constexpr std::int64_t last_second = 253'402'300'799;

} // namespace sim
