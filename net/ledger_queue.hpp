#pragma once

#include "net/ticket.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace net {

class LedgerWorker;

struct LedgerQueueSettings {
    std::size_t workers = 2;
    std::size_t batch_max = 512;    ///< requests of one transaction
    std::size_t queue_max = 20'000; ///< requests waiting, all workers together; orders pass above it
    std::chrono::milliseconds backoff_min{1};
    std::chrono::milliseconds backoff_max{1'000};
    std::function<authz::Time()> wall_clock;                                      ///< default: the system's
    std::function<void(std::string_view event, std::string_view why)> on_trouble; ///< from worker threads
};

/// Between the I/O threads and the ledgers: one worker thread per ledger, each with a queue. A worker takes
/// all that waits, up to batch_max, into one transaction; no timer waits for a batch to fill. Requests of one
/// card always go to the same worker, in the order in which they came.
///
/// The queue never answers: it moves tickets, and tells their sinks. Own undos are its own.
class LedgerQueue {
public:
    using LedgerFactory = std::function<std::unique_ptr<authz::Ledger>()>;

    LedgerQueue(LedgerQueueSettings settings, const LedgerFactory& factory);
    /// Stops at once; what was not drained is left undone.
    ~LedgerQueue();
    LedgerQueue(const LedgerQueue&) = delete;
    LedgerQueue& operator=(const LedgerQueue&) = delete;

    enum class Submitted : std::uint8_t {
        taken,
        overloaded, ///< its turn would come after its deadline, or too many wait; nothing will be executed
    };
    /// Orders are always taken.
    Submitted submit(const TicketPtr& ticket);

    /// At the decide deadline. True: nothing will be executed, and the caller declines at once. The worker
    /// has the decline written when it can. False: somebody else was first, or it is an order.
    bool expire(Ticket& ticket);

    enum class GivenUp : std::uint8_t {
        declined, ///< as expire() true
        silent,   ///< no answer may leave any more; a late effect is undone without the caller
        ended,    ///< the end is already on its way to the sink
    };
    /// At the answer cut-off.
    GivenUp give_up(Ticket& ticket);

    /// An ended ticket whose approval did not leave, not one byte of it: its effect is undone, at the cut-off
    /// at the earliest, so that a repeat on another link may still be given the stored approval until then.
    /// Does nothing when there is nothing to undo. Thread-safe; a second call does nothing.
    void undo_unanswered(Ticket& ticket);

    /// Takes nothing new and finishes what is there, own undos at once. False when that took too long.
    bool drain(std::chrono::milliseconds limit);

    [[nodiscard]] std::size_t waiting() const;

private:
    std::vector<std::unique_ptr<LedgerWorker>> workers_;
    std::size_t queue_max_;
};

} // namespace net
