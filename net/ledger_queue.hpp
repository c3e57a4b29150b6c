#pragma once

#include "net/node_counters.hpp"
#include "net/ticket.hpp"
#include "net/turns.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace net {

class LedgerWorker;

struct LedgerQueueSettings {
    std::size_t workers = 2;
    std::size_t batch_max = 512;           ///< requests of one transaction
    std::size_t turn_below = 128;          ///< workers with fewer requests waiting begin one after the other
    std::chrono::milliseconds turn_max{5}; ///< longest wait for another worker's turn
    std::size_t queue_max = 20'000;        ///< requests waiting, all workers together; orders pass above it
    std::size_t order_factor = 4; ///< so many times queue_max fault reversals may wait; own undos always may
    std::chrono::milliseconds backoff_min{1};
    std::chrono::milliseconds backoff_max{1'000};
    std::chrono::milliseconds parking_max{5'000}; ///< longest pause between tries of what was set aside
    std::shared_ptr<QueueCounters> counters = std::make_shared<QueueCounters>();
    std::function<authz::Time()> wall_clock;                                      ///< default: the system's
    std::function<void(std::string_view event, std::string_view why)> on_trouble; ///< from worker threads
};

/// What a queue has not finished.
struct Remains {
    std::size_t undos = 0;        ///< effects whose approval nobody got: they stand
    std::size_t in_doubt = 0;     ///< requests whose COMMIT may have been executed, in silence
    std::size_t reversals = 0;    ///< not acknowledged: the network repeats them
    std::size_t requests = 0;     ///< without an effect
    std::vector<authz::Key> keys; ///< of those undone or in doubt, at most keys_max
    static constexpr std::size_t keys_max = 50;
    /// Own undos of all whose approval nobody got, of those in doubt, too: nobody will get theirs.
    std::vector<authz::Request> due_undos;
    /// False when something ended while this was looked at, and may have been answered.
    bool is_complete = true;

    /// The books may say what no party knows: somebody has to look.
    [[nodiscard]] bool has_unknown() const { return undos + in_doubt > 0 || !is_complete; }
};

/// Between the I/O threads and the ledgers: one worker thread per ledger, each with a queue. A worker takes
/// all that waits, up to batch_max, into one transaction; no timer waits for a batch to fill. Requests of one
/// card always go to the same worker, in the order in which they came.
///
/// One account that cannot be had, or one request that the ledger chokes on, stops no other card for long:
/// what fails again and again is set aside and tried alone. Orders, and requests in doubt, are never given
/// up.
///
/// The queue never answers: it moves tickets, and tells their sinks. Own undos are its own.
class LedgerQueue {
public:
    using LedgerFactory = std::function<std::unique_ptr<authz::Ledger>()>;

    LedgerQueue(LedgerQueueSettings settings, const LedgerFactory& factory);
    /// Stops at once; remains() are lost.
    ~LedgerQueue();
    LedgerQueue(const LedgerQueue&) = delete;
    LedgerQueue& operator=(const LedgerQueue&) = delete;

    enum class Submitted : std::uint8_t {
        taken,
        not_taken, ///< its turn would come after its deadline, too many wait, or there is no memory for it;
                   ///< nothing will be executed
    };
    /// An order takes the place of an equal one that waits in silence.
    Submitted submit(const TicketPtr& ticket);
    /// What became of several that came together.
    struct Submission {
        std::vector<Submitted> each;
        bool must_wake = false; ///< wake() has to follow, and nobody else is about to call it
    };
    /// Several, in order. A worker that sleeps is left asleep, so that its first batch is not one request
    /// long: who submits calls wake() when all is there that has come at the same time.
    [[nodiscard]] Submission submit(std::span<const TicketPtr> tickets);
    /// Wakes the workers that have something new.
    void wake();

    /// At the decide deadline. True: nothing will be executed; its decline is written, and told like any
    /// other end. False: somebody else was first, or it is an order.
    bool expire(Ticket& ticket);

    /// At the answer cut-off. True: no answer may leave any more, and a late effect is undone without the
    /// caller. False: the end is already on its way to the sink.
    [[nodiscard]] bool give_up(Ticket& ticket);

    /// An ended ticket whose approval did not leave, not one byte of it: its effect is undone, at the cut-off
    /// at the earliest, so that a repeat on another link may still be given the stored approval until then.
    /// Does nothing when there is nothing to undo. Thread-safe; a second call does nothing.
    void undo_unanswered(Ticket& ticket);

    /// Finishes what is there, own undos at once. False when that took too long. What comes afterwards is
    /// still taken, and may be drained again.
    bool drain(std::chrono::milliseconds limit);
    [[nodiscard]] Remains remains() const;
    /// For ever: no COMMIT is sent any more, so what has not come that far is not executed. When nobody waits
    /// for answers any more, remains() are final then.
    void abort();

    /// Requests whose turn has not come; no orders.
    [[nodiscard]] std::size_t waiting() const;
    /// Fault reversals that are not durable yet.
    [[nodiscard]] std::size_t orders() const;

private:
    struct Placed {
        Submitted submitted = Submitted::taken;
        bool is_news = false; ///< to its worker, and nobody is about to tell it
    };
    Placed place(const TicketPtr& ticket, MonoTime now);

    Turns turns_;
    std::vector<std::unique_ptr<LedgerWorker>> workers_;
    std::size_t queue_max_;
    std::size_t orders_max_;
};

} // namespace net
