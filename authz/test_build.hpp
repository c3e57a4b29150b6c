#pragma once

// What only a test build has (CMake option TOLLGATE_TEST_BUILD, preset "fire"): named points at which the
// process can be made to die, and named bugs that can be switched on. In every other build all of it is
// nothing. See docs/testing.md.

#ifdef TOLLGATE_TEST_BUILD

#include <cstddef>
#include <string_view>

namespace authz::test_build {

/// Every crash point, in the order in which a message passes them. A name that is not here does not compile.
inline constexpr std::string_view crash_points[] = {
    "connection_started",
    "link_frame_complete",
    "link_decoded",
    "link_sign_on_taken",
    "link_translated",
    "link_request_started",
    "queue_submitted",
    "worker_batch_taken",
    "store_connected", // from the second time on: reconnected
    "store_begun",
    "store_accounts_locked",
    "store_records_loaded",
    "store_plan_incomplete", // rolled back, to lock more
    "store_decided",
    "store_system_account_opened",
    "store_written",
    "store_gate_passed", // COMMIT not yet sent
    "store_commit_sent", // sent, its answer not read
    "store_commit_answered",
    "store_in_doubt", // and the session given up
    "worker_doubt_known",
    "worker_doubt_retried",
    "worker_batch_failed", // rolled back by a trouble; run again later
    "worker_batch_committed",
    "worker_outcomes_told",
    "worker_undo_enqueued",
    "worker_undo_committed",
    "connection_outcome_taken",
    "link_answer_encoded",
    "outbox_pushed",
    "connection_before_write",
    "connection_first_byte_written", // of all that waits only one byte is handed over
    "connection_answers_written",
    "connection_abandoned",
    "server_drain_begun",
    "worker_drain_begun",
    "server_drained",
};

/// Where a name stands in the table; not a constant, and so an error of the compiler, when it does not.
consteval std::size_t point_named(std::string_view name)
{
    std::size_t place = 0;
    while (crash_points[place] != name) ++place; // reading behind the table is no constant expression
    return place;
}

/// Counts that the point was reached, in the file that TOLLGATE_CRASH_COUNTERS names. When
/// TOLLGATE_CRASH_POINT is "NAME:N" and this is the N-th time that NAME is reached in this process, the
/// process ends by SIGKILL; with "NAME:N:stop" it is stopped (SIGSTOP) until somebody continues it.
void reached(std::size_t point);

/// True when the next reached() of this point is the one that ends or stops the process.
[[nodiscard]] bool is_next_to_die(std::size_t point);

/// Prints the names, one per line, and ends the program.
void list_crash_points();

/// True when TOLLGATE_PLANTED names this bug.
[[nodiscard]] bool is_planted(std::string_view bug);

/// TOLLGATE_PLANTED_SQL: SQL that damages a schema after its migrations; empty when none is planted.
[[nodiscard]] const char* planted_sql();

} // namespace authz::test_build

#define TOLLGATE_CRASH_POINT(name) ::authz::test_build::reached(::authz::test_build::point_named(name))
/// Does something first when the process is about to die at this point.
#define TOLLGATE_BEFORE_CRASH(name, action)                                                                  \
    (::authz::test_build::is_next_to_die(::authz::test_build::point_named(name)) ? static_cast<void>(action) \
                                                                                 : static_cast<void>(0))
#define TOLLGATE_PLANTED(bug) ::authz::test_build::is_planted(bug)
#define TOLLGATE_PLANTED_SQL() ::authz::test_build::planted_sql()

#else

#define TOLLGATE_CRASH_POINT(name) static_cast<void>(0)
#define TOLLGATE_BEFORE_CRASH(name, action) static_cast<void>(0)
#define TOLLGATE_PLANTED(bug) false
#define TOLLGATE_PLANTED_SQL() ""

#endif
