#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace net {

/// A number that only grows; written by any thread, read for the metrics.
class Counter {
public:
    void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// What happened on the connections of one link since the start (OPERATIONS 8.2). Shared by all of them.
struct LinkCounters {
    explicit LinkCounters(std::string name) : link(std::move(name)) {}

    const std::string link;
    Counter frames_received;
    Counter frames_sent;
    Counter bytes_received;
    Counter bytes_sent;
    Counter connections_opened;
    Counter connections_refused; ///< before the first byte: allow-list, caps
    Counter handshakes_failed;
    // A connection is up when requests are taken: signed on, where that is needed. The difference is up now.
    Counter sessions_up;
    Counter sessions_down;
};

} // namespace net
