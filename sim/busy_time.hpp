#pragma once

#include <chrono>

namespace sim {

/// How long the calling thread has worked since it began, or was ready to work while others had the
/// processor: all but the time in which it waited for something to happen. Nanoseconds. From
/// /proc/thread-self/schedstat (Linux, Documentation/scheduler/sched-stats.rst); where that cannot be read,
/// work alone.
[[nodiscard]] std::chrono::nanoseconds busy_time();

} // namespace sim
