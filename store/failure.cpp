#include "store/failure.hpp"

#include "authz/test_build.hpp"

#include <algorithm>

namespace store {

namespace {

// SQLSTATE or its two-character class, of troubles that pass. Everything else would fail again.
constexpr std::string_view passing[] = {
    "08",    // connection exception
    "40",    // deadlock, serialization failure, and other rollbacks
    "53",    // too many connections, disk full, out of memory
    "57",    // cancelled by a timeout, shut down by an administrator or by a crash
    "58",    // input or output error below the database
    "23505", // unique violation: another node was first; the next attempt finds its row
    "25006", // read only: a standby, until the connection finds the primary again
    "25P03", // idle in transaction for too long: we were frozen
    "55P03", // a lock was not had in time
    "XX",    // internal error, for example a failing disk
};

} // namespace

authz::BatchEnd end_before_commit(std::string_view sqlstate)
{
    if (TOLLGATE_PLANTED("deadlock-is-final") && sqlstate.starts_with("40")) return authz::BatchEnd::poisoned;
    const bool passes = sqlstate.empty() || std::ranges::any_of(passing, [&](std::string_view prefix) {
                            return sqlstate.starts_with(prefix);
                        });
    return passes ? authz::BatchEnd::retry : authz::BatchEnd::poisoned;
}

authz::BatchEnd end_of_commit(const CommitEvidence& evidence)
{
    if (TOLLGATE_PLANTED("commit-warning-ignored") && evidence.command_tag == "COMMIT")
        return authz::BatchEnd::committed;
    if (TOLLGATE_PLANTED("lost-commit-is-rollback") && !evidence.connection_lives)
        return authz::BatchEnd::retry;
    const bool sure =
        evidence.command_tag == "COMMIT" && evidence.warnings.empty() && evidence.connection_lives;
    return sure ? authz::BatchEnd::committed : authz::BatchEnd::in_doubt;
}

std::string first_line(std::string_view message)
{
    if (TOLLGATE_PLANTED("database-message-told-whole")) return std::string(message);
    const auto end = message.find_first_of("\r\n");
    return std::string(message.substr(0, end));
}

} // namespace store
