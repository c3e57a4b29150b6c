/// What is counted for the whole process, and whether it is well.
#pragma once

#include "authz/ledger.hpp"
#include "net/link_counters.hpp"
#include "net/wall_clock.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace net {

/// Of all workers of a ledger queue.
struct QueueCounters {
    static constexpr std::int64_t batch_edges[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'024};

    /// One transaction has ended.
    void ended(authz::BatchEnd end, std::size_t requests, std::chrono::steady_clock::duration took,
               std::chrono::steady_clock::time_point now);
    /// For how long no transaction has been committed though some were tried; nothing: all is well.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> failing_for() const;

    Histogram batch_records{batch_edges};
    Histogram commit_us; ///< of a transaction that was committed, from its first statement
    Counter retried;
    Counter in_doubt;
    Counter poisoned;
    Counter own_undos; ///< ordered

private:
    std::atomic<std::int64_t> failing_since_ns_{0}; ///< on the monotonic clock; 0: it is not
};

/// Of all recordings.
struct RecorderCounters {
    Counter records;
    Counter dropped; ///< for which there was no room
};

/// What the probes for liveness and readiness look at. Written by the I/O thread.
class Health {
public:
    /// late   how much after its time
    void beat(std::chrono::steady_clock::time_point now, std::chrono::nanoseconds late = {})
    {
        late_us.add(late.count() / 1'000);
        last_beat_ns_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }
    [[nodiscard]] std::chrono::nanoseconds since_last_beat(std::chrono::steady_clock::time_point now) const
    {
        return now.time_since_epoch() -
               std::chrono::nanoseconds(last_beat_ns_.load(std::memory_order_relaxed));
    }

    std::atomic<bool> is_started{false};
    std::atomic<bool> is_draining{false};
    std::atomic<std::size_t> links_to_listen{0}; ///< of role listen
    std::atomic<std::size_t> links_listening{0}; ///< of these: the socket is bound and listens
    Histogram late_us;                           ///< beats of the I/O thread after their time

private:
    std::atomic<std::int64_t> last_beat_ns_{0};
};

/// The last attempt to bring in a changed configuration. The start counts as one that succeeded.
class Reloads {
public:
    void succeeded()
    {
        succeeded_at_ = wall_clock();
        has_failed_ = false;
    }
    void failed() { has_failed_ = true; }

    [[nodiscard]] bool has_failed() const { return has_failed_; }
    [[nodiscard]] authz::Time succeeded_at() const { return succeeded_at_; }

private:
    std::atomic<bool> has_failed_{false};
    std::atomic<authz::Time> succeeded_at_{wall_clock()};
};

/// Links come and go at a reload; what they have counted stays.
class NodeCounters {
public:
    /// Those of a link, the same for every call with its name. Of one that is not shown yet they are its own
    /// until show() is called with them.
    [[nodiscard]] std::shared_ptr<LinkCounters> of_link(const std::string& name) const;
    /// From now on links() has them.
    void show(const std::shared_ptr<LinkCounters>& counters);
    /// By name.
    [[nodiscard]] std::vector<std::shared_ptr<LinkCounters>> links() const;

    const std::shared_ptr<RequestTimes> times = std::make_shared<RequestTimes>();
    const std::shared_ptr<QueueCounters> queue = std::make_shared<QueueCounters>();
    const std::shared_ptr<RecorderCounters> recorder = std::make_shared<RecorderCounters>();
    Health health;
    Reloads reloads;

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<LinkCounters>> links_; ///< guarded by mutex_
};

} // namespace net
