#pragma once

#include <cstdint>

namespace net {

/// What /proc says of this process; zeros where it says nothing.
struct ProcessFigures {
    double cpu_seconds = 0;
    double start_time_seconds = 0; ///< since 1970
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_fds = 0;
    std::uint64_t max_fds = 0;
};
[[nodiscard]] ProcessFigures process_figures();

} // namespace net
