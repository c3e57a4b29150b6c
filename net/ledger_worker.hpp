#pragma once

#include "net/ledger_queue.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace net {

/// One thread, one ledger, one queue.
class LedgerWorker {
public:
    LedgerWorker(const LedgerQueueSettings& settings, std::unique_ptr<authz::Ledger> ledger);
    ~LedgerWorker();

    void enqueue(const TicketPtr& ticket);
    /// Enqueues the undo of a ticket when its time has come.
    void enqueue_undo(const Ticket& target, MonoTime at);

    /// Asks the thread to end when nothing is left. False when it has not by then.
    void start_draining();
    [[nodiscard]] bool wait_drained(MonoTime limit);
    /// Ends without finishing, except what the ledger is in the middle of.
    void abort();

    [[nodiscard]] std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
    /// When a request that came now would be done, by the durations of the last batches.
    [[nodiscard]] std::chrono::microseconds expected_wait() const;

private:
    /// One request of a batch.
    struct Item {
        TicketPtr ticket;
        bool is_abandoned = false; ///< its deadline won: it is only recorded
    };
    using Batch = std::vector<Item>;
    class Gate;
    enum class Doubt : std::uint8_t { none, in_doubt };

    void run();
    Batch take();
    void fill(Batch& batch);
    void serve(Batch batch, Doubt doubt);
    authz::BatchResult attempt(Batch& batch);
    void expire_due(Batch& batch, MonoTime now);
    void finish(Batch& batch, std::vector<authz::Outcome> outcomes);
    void fail(Item& item, Doubt doubt);
    void tell(std::vector<TicketPtr> tickets, Ending ending);
    void measure(std::chrono::steady_clock::duration took);
    [[nodiscard]] bool back_off(std::chrono::milliseconds& pause);
    void trouble(std::string_view event, std::string_view why) const;
    void move_due_undos(MonoTime now);

    const LedgerQueueSettings settings_;
    const std::unique_ptr<authz::Ledger> ledger_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;          ///< for the worker's thread
    std::condition_variable ended_;            ///< for wait_drained()
    std::deque<TicketPtr> queue_;              ///< guarded by mutex_
    std::multimap<MonoTime, TicketPtr> undos_; ///< guarded by mutex_: not due yet
    bool is_draining_ = false;                 ///< guarded by mutex_
    bool is_aborted_ = false;                  ///< guarded by mutex_
    bool has_ended_ = false;                   ///< guarded by mutex_
    std::atomic<std::size_t> waiting_{0};
    std::atomic<std::int64_t> batch_us_{0}; ///< smoothed duration of a batch
    std::uint32_t jitter_ = 0x9E3779B9;
    std::thread thread_; ///< last: it uses all of the above
};

} // namespace net
