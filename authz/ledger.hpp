#pragma once

#include "authz/record.hpp"

#include <span>
#include <string>
#include <vector>

namespace authz {

/// What became of one request of a committed batch.
struct Outcome {
    Answer answer;
    /// The answer approves something that has an effect: if it never leaves, that must be told to the books
    /// by an own undo of this delivery (DESIGN 3). Repeats included: the effect is undone when no delivery
    /// was answered.
    bool undo_if_unanswered = false;
};

enum class BatchEnd : std::uint8_t {
    committed,   ///< durable; outcomes has one entry per request, in order
    gate_closed, ///< rolled back, because the gate did not let the commit pass
    retry, ///< rolled back by a passing trouble (deadlock, lock timeout, no connection): run the batch again
    in_doubt, ///< COMMIT was sent and its result is unknown: run the same requests again until one end is
              ///< known
    poisoned, ///< rolled back, and it would be again: some request of the batch cannot be served
};

struct BatchResult {
    BatchEnd end = BatchEnd::retry;
    std::vector<Outcome> outcomes;
    std::string why; ///< for the log; never card data
};

/// Asked once per attempt, after everything is written and directly before COMMIT.
class CommitGate {
public:
    virtual ~CommitGate() = default;
    [[nodiscard]] virtual bool may_commit() = 0;
};

/// The port to the books. One transaction per call; store/ implements it on PostgreSQL, tests in memory.
class Ledger {
public:
    virtual ~Ledger() = default;

    /// Decides the requests in order and makes all their effects durable at once.
    /// now      wall clock; used for staleness, expiry and the times written
    /// throws   nothing; every trouble is a BatchEnd
    [[nodiscard]] virtual BatchResult serve(std::span<const Request> batch, Time now, CommitGate& gate) = 0;
};

} // namespace authz
