#include "sim/busy_time.hpp"

#include <cstdint>
#include <ctime>
#include <fstream>

namespace sim {

std::chrono::nanoseconds busy_time()
{
    std::ifstream file("/proc/thread-self/schedstat");
    std::int64_t worked = 0;
    std::int64_t ready = 0;
    if (file >> worked >> ready) return std::chrono::nanoseconds(worked + ready);
    ::timespec processor{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &processor);
    return std::chrono::seconds(processor.tv_sec) + std::chrono::nanoseconds(processor.tv_nsec);
}

} // namespace sim
