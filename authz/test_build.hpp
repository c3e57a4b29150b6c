#pragma once

// What only a test build has (CMake option TOLLGATE_TEST_BUILD, preset "fire"): named points at which the
// process can be made to die, and named bugs that can be switched on. In every other build both are nothing.

#ifdef TOLLGATE_TEST_BUILD

#include <cstdint>

namespace authz::test_build {

/// Counts that the point was reached, in the file that TOLLGATE_CRASH_COUNTERS names. When
/// TOLLGATE_CRASH_POINT is "NAME:N" and this is the N-th time that NAME is reached in this process, the
/// process ends by SIGKILL.
void reached(const char* name);

/// True when TOLLGATE_PLANTED names this bug.
[[nodiscard]] bool is_planted(const char* bug);

} // namespace authz::test_build

#define TOLLGATE_CRASH_POINT(name) ::authz::test_build::reached(name)
#define TOLLGATE_PLANTED(bug) ::authz::test_build::is_planted(bug)

#else

#define TOLLGATE_CRASH_POINT(name) static_cast<void>(0)
#define TOLLGATE_PLANTED(bug) false

#endif
