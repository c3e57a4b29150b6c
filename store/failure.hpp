#pragma once

#include "authz/ledger.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Which failures are retried, which are in doubt, which are fatal (RELIABILITY 5 and 10.5, 10.8). Pure.
namespace store {

/// What became of a transaction that failed before COMMIT was sent: nothing of it can appear, so the only
/// question is whether the same batch could succeed later.
/// sqlstate   five characters; empty when the connection broke or could not be made
[[nodiscard]] authz::BatchEnd end_before_commit(std::string_view sqlstate);

/// A trouble of ours that a later attempt, in a new session, may not meet; what() is one line.
struct PassingTrouble : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What was seen after COMMIT had been sent.
struct CommitEvidence {
    std::string command_tag;           ///< empty when none came
    std::vector<std::string> warnings; ///< notices that came with it
    bool connection_lives = false;
};

/// Committed only with the command tag, without a WARNING and on a live connection. A WARNING tells of a
/// commit that the standby may not have (T1); a lost connection tells nothing (T2).
[[nodiscard]] authz::BatchEnd end_of_commit(const CommitEvidence& evidence);

/// The first line of a database message. The lines below it quote rows (T12) and never leave this process.
[[nodiscard]] std::string first_line(std::string_view message);

} // namespace store
