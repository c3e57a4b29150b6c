#pragma once

#include "net/ledger_queue.hpp"
#include "tests/support/good.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

/// A ledger queue whose ledger follows a script, so that a test can stand between any two steps.
namespace scripted {

using authz::BatchEnd;
using net::Deadlines;
using net::LedgerQueue;
using net::TicketPtr;

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

/// Waits for ended tickets, as the I/O side would.
class Waiting : public net::TicketSink, public net::TicketOwner {
public:
    void ended(std::vector<TicketPtr> tickets) override
    {
        const std::lock_guard lock(mutex_);
        for (auto& ticket : tickets) {
            ticket->sink.reset(); // it is told once; or else this, which keeps the ticket, would keep itself
            ended_.push_back(std::move(ticket));
        }
        changed_.notify_all();
    }
    void ended(const TicketPtr&) override {}

    std::vector<TicketPtr> wait(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ended_.size() >= count; });
        return ended_;
    }
    std::size_t count() const
    {
        const std::lock_guard lock(mutex_);
        return ended_.size();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<TicketPtr> ended_;
};

inline net::LedgerQueueSettings good_settings()
{
    net::LedgerQueueSettings settings;
    settings.workers = 1;
    settings.backoff_min = std::chrono::milliseconds{0};
    settings.backoff_max = std::chrono::milliseconds{0};
    settings.parking_max = std::chrono::milliseconds{0};
    settings.wall_clock = [] { return good::noon; };
    return settings;
}

/// One worker whose ledger follows a script.
struct Fixture {
    explicit Fixture(net::LedgerQueueSettings settings = good_settings())
        : queue(std::move(settings), [this] { return std::make_unique<ScriptedLedger>(script); })
    {
    }

    TicketPtr ticket(authz::Request request, Deadlines deadlines = {})
    {
        auto made = std::make_shared<net::Ticket>(std::move(request), deadlines);
        made->owner = waiting;
        made->sink = waiting;
        return made;
    }
    TicketPtr submit(authz::Request request, Deadlines deadlines = {})
    {
        auto made = ticket(std::move(request), deadlines);
        CHECK(queue.submit(made) == LedgerQueue::Submitted::taken);
        return made;
    }

    Script script;
    std::shared_ptr<Waiting> waiting = std::make_shared<Waiting>();
    LedgerQueue queue;
};

} // namespace scripted
