#pragma once

#include "net/fair_queue.hpp"
#include "net/ledger_queue.hpp"
#include "net/parking.hpp"
#include "net/turns.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

namespace net {

/// One thread, one ledger, one queue.
class LedgerWorker {
public:
    LedgerWorker(const LedgerQueueSettings& settings, std::unique_ptr<authz::Ledger> ledger, Turns& turns);
    ~LedgerWorker();

    /// Its turn comes at the latest when wake() has been called.
    /// returns  false when somebody is about to call it
    [[nodiscard]] bool enqueue(const TicketPtr& ticket);
    void wake();
    /// Puts an order where an equal one stands that nobody waits for any more. False when there is none.
    [[nodiscard]] bool replace_silent(const TicketPtr& ticket);
    /// Enqueues the undo of a ticket when its time has come.
    void enqueue_undo(const Ticket& target, MonoTime at);

    /// From now on nothing is put off. wait_idle() is false when something was left by then.
    void start_draining();
    [[nodiscard]] bool wait_idle(MonoTime limit);
    void add_remains(Remains& remains) const;
    /// Ends without finishing. What the ledger is in the middle of comes to its end, and sends no COMMIT.
    void abort();

    [[nodiscard]] std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t orders() const { return orders_.load(std::memory_order_relaxed); }
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
    struct Work {
        Batch batch;                       ///< empty: the end
        std::optional<Parking::Lane> lane; ///< where the only item was parked
        std::optional<Turns::Turn> turn;   ///< of a small batch
    };
    /// How a request that was tried alone ended.
    enum class Verdict : std::uint8_t { ended, stuck, poisoned, aborted };

    // The queue. mutex_ is held by whoever calls these:
    void fill(Batch& batch);
    TicketPtr pop();
    void push_front(std::deque<TicketPtr> tickets);
    void move_due_undos(MonoTime now);
    [[nodiscard]] bool is_idle() const;
    // and by these themselves:
    Work take();
    void park(const Parking::Lane& lane, const TicketPtr& ticket);
    [[nodiscard]] bool park_behind_others(const TicketPtr& ticket);
    void give_back(std::span<const Item> items);
    void forget_work(const Batch& batch);

    // The work.
    void run();
    void serve(Batch batch);
    void serve_one_by_one(Batch batch);
    void serve_parked(Item item, const Parking::Lane& lane);
    [[nodiscard]] Verdict serve_alone(Item& item);
    void set_aside(const Item& item, Verdict verdict);
    authz::BatchEnd attempt(Batch& batch);
    void expire_due(Batch& batch, MonoTime now);
    void finish(const Batch& batch, std::vector<authz::Outcome> outcomes);
    [[nodiscard]] Verdict fail(const Item& item);
    void tell(std::vector<TicketPtr> tickets, Ending ending);
    void measure(std::chrono::steady_clock::duration took);
    [[nodiscard]] bool back_off();
    [[nodiscard]] bool is_aborted() const;
    void trouble(std::string_view event, std::string_view why) const;

    const LedgerQueueSettings settings_;
    const std::unique_ptr<authz::Ledger> ledger_;
    Turns& turns_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;          ///< for the worker's thread
    std::condition_variable idle_;             ///< for wait_idle()
    FairQueue queue_;                          ///< guarded by mutex_
    std::multimap<MonoTime, TicketPtr> undos_; ///< guarded by mutex_: not due yet
    std::vector<TicketPtr> at_work_;           ///< guarded by mutex_: taken, and no end known
    Parking parking_;                          ///< guarded by mutex_, changed by the worker's thread only
    bool is_draining_ = false;                 ///< guarded by mutex_
    bool is_aborted_ = false;                  ///< guarded by mutex_
    /// Fault reversals that stand in queue_ as they came, by key. Guarded by mutex_.
    std::unordered_multimap<authz::Key, TicketPtr*, authz::Id128Hash> queued_orders_;

    std::atomic<bool> has_unannounced_{false}; ///< enqueued since the last wake()
    std::atomic<std::size_t> waiting_{0};
    std::atomic<std::size_t> orders_{0};
    std::atomic<std::int64_t> batch_us_{0}; ///< smoothed duration of a batch
    std::chrono::milliseconds pause_;       ///< before the next try; grows until something is committed
    std::uint32_t jitter_ = 0x9E3779B9;
    bool has_hurried_ = false;
    bool was_parked_ = false;              ///< the last work
    std::vector<authz::Request> requests_; ///< of the batch in hand; their memory is used again
    std::thread thread_;                   ///< last: it uses all of the above
};

} // namespace net
