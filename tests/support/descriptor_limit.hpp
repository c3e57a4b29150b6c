#pragma once

#include <algorithm>
#include <cstddef>

#include <sys/resource.h>

namespace test {

/// Lets this process have so many descriptors, or as many as it may.
/// returns  how many it may have now
inline std::size_t allow_descriptors(std::size_t wanted)
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit raised{std::max<rlim_t>(limit.rlim_cur, wanted), std::max<rlim_t>(limit.rlim_max, wanted)};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return raised.rlim_cur;
    const rlimit soft{limit.rlim_max, limit.rlim_max}; // only root gets above the hard limit
    return ::setrlimit(RLIMIT_NOFILE, &soft) == 0 ? soft.rlim_cur : limit.rlim_cur;
}

} // namespace test
