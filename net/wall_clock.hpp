#pragma once

#include "authz/request.hpp"

namespace net {

/// The system's clock, as the journal keeps time.
[[nodiscard]] inline authz::Time wall_clock()
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

} // namespace net
