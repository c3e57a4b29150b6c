#include "store/core_files.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace store {

void forbid_core_files()
{
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none); // to less than it was: always allowed
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

} // namespace store
