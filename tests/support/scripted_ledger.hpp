#pragma once

#include "authz/ledger.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace scripted {

using authz::BatchEnd;

/// A ledger that does what the test tells it, batch by batch, and waits where the test wants to do something.
class Script {
public:
    /// How the next batch ends. A batch without a word ends as committed.
    struct Word {
        BatchEnd end = BatchEnd::committed;
        bool waits_before_gate = false; ///< until release(): the requests are executing
        bool waits_after_gate = false;  ///< until release(): the requests are committing
        bool skips_gate = false;        ///< the trouble comes before the gate
    };
    /// One batch as the ledger got it.
    struct Attempt {
        std::vector<authz::Request> requests;
        BatchEnd end = BatchEnd::committed;
    };

    void say(Word word)
    {
        const std::lock_guard lock(mutex_);
        words_.push_back(word);
    }
    /// Every request of these keys makes the ledger choke.
    void poison(const authz::Key& key)
    {
        const std::lock_guard lock(mutex_);
        poisoned_ = key;
    }
    void cure()
    {
        const std::lock_guard lock(mutex_);
        poisoned_.reset();
    }
    /// The account of this card is locked by somebody else: every batch with it is rolled back.
    void lock_card(const authz::CardToken& card)
    {
        const std::lock_guard lock(mutex_);
        locked_ = card;
    }
    void unlock_card()
    {
        const std::lock_guard lock(mutex_);
        locked_.reset();
    }
    /// Waits until the ledger stands where a word made it wait.
    void wait_stopped()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return is_stopped_; });
    }
    void release()
    {
        std::unique_lock lock(mutex_);
        is_stopped_ = false;
        changed_.notify_all();
    }
    void wait_attempts(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return attempts_.size() >= count; });
    }
    /// Waits until that many more have been made.
    void wait_more_attempts(std::size_t count) { wait_attempts(attempts().size() + count); }
    std::vector<Attempt> attempts() const
    {
        const std::lock_guard lock(mutex_);
        return attempts_;
    }
    std::vector<authz::Operation> committed_operations() const
    {
        std::vector<authz::Operation> all;
        for (const Attempt& attempt : attempts())
            if (attempt.end == BatchEnd::committed)
                for (const auto& request : attempt.requests) all.push_back(request.operation);
        return all;
    }

    authz::BatchResult serve(std::span<const authz::Request> batch, authz::CommitGate& gate)
    {
        std::unique_lock lock(mutex_);
        Word word;
        if (!words_.empty()) {
            word = words_.front();
            words_.pop_front();
        }
        for (const auto& request : batch)
            if (poisoned_ && request.key == *poisoned_) word = {BatchEnd::poisoned, false, false, true};
        for (const auto& request : batch)
            if (locked_ && request.card == locked_) word = {BatchEnd::retry, false, false, true};
        if (word.waits_before_gate) stop(lock);
        if (!word.skips_gate && !gate.may_commit()) word.end = BatchEnd::gate_closed;
        if (word.waits_after_gate && word.end != BatchEnd::gate_closed) stop(lock);
        attempts_.push_back({{batch.begin(), batch.end()}, word.end});
        changed_.notify_all();
        return result_of(batch, word.end);
    }

private:
    void stop(std::unique_lock<std::mutex>& lock)
    {
        is_stopped_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !is_stopped_; });
    }

    /// Approves what is not abandoned; what was committed in doubt once is approved whatever is asked now.
    authz::BatchResult result_of(std::span<const authz::Request> batch, BatchEnd end)
    {
        authz::BatchResult result;
        result.end = end;
        for (const auto& request : batch) {
            const bool is_approved = !request.abandoned || secretly_committed_;
            const bool is_request = request.operation == authz::Operation::sale;
            authz::Outcome outcome;
            outcome.answer.reason = is_approved ? authz::Reason::approved : authz::Reason::deadline_passed;
            outcome.undo_if_unanswered = is_approved && is_request;
            result.outcomes.push_back(outcome);
        }
        if (end == BatchEnd::in_doubt) secretly_committed_ = doubt_means_committed;
        if (end != BatchEnd::committed) result.outcomes.clear();
        return result;
    }

public:
    bool doubt_means_committed = false;

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Word> words_;
    std::optional<authz::Key> poisoned_;
    std::optional<authz::CardToken> locked_;
    bool is_stopped_ = false;
    bool secretly_committed_ = false;
    std::vector<Attempt> attempts_;
};

struct ScriptedLedger : authz::Ledger {
    explicit ScriptedLedger(Script& a_script) : script(a_script) {}
    authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time,
                             authz::CommitGate& gate) override
    {
        return script.serve(batch, gate);
    }
    Script& script;
};

} // namespace scripted
