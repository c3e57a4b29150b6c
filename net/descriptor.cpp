#include "net/descriptor.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/resource.h>

namespace net {

namespace {
constexpr std::size_t others = 256; ///< files, sockets that listen, sessions with the database
}

void make_room_for_connections(std::size_t count)
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == 0) return;
    const auto last = static_cast<int>(std::min<rlim_t>(count + others, limit.rlim_cur) - 1);
    const Descriptor highest(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, last));
}

} // namespace net
