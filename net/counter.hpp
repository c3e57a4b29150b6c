#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace net {

/// A number that only grows; written by any thread, read for the metrics.
class Counter {
public:
    void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// A number that goes up and down; otherwise as Counter.
class Gauge {
public:
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void move(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
    [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

/// Of all durations, in microseconds.
inline constexpr std::int64_t duration_edges_us[] = {
    500,     1'000,     2'000,     3'000,     5'000,     7'500,     10'000,    15'000,  20'000,
    30'000,  50'000,    75'000,    100'000,   150'000,   200'000,   300'000,   500'000, 750'000,
    900'000, 1'000'000, 1'500'000, 2'000'000, 3'000'000, 5'000'000, 10'000'000};

/// How often a value was at most so large: fixed edges, ascending, and one bucket above them. Values and
/// edges have one unit, which its owner names.
class Histogram {
public:
    static constexpr std::size_t edges_max = 25;

    /// Of durations.
    Histogram() : edges_(duration_edges_us) {}
    /// edges   at most edges_max; they outlive the histogram
    explicit Histogram(std::span<const std::int64_t> edges) : edges_(edges) {}

    void add(std::int64_t value)
    {
        std::size_t bucket = 0; // most values are found in the first edges: faster than halving
        while (bucket < edges_.size() && edges_[bucket] < value) ++bucket;
        counts_[bucket].add();
        sum_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
    }

    [[nodiscard]] std::span<const std::int64_t> edges() const { return edges_; }
    /// Of one bucket alone; edges().size() is the one above all edges.
    [[nodiscard]] std::uint64_t count(std::size_t bucket) const { return counts_[bucket].value(); }
    [[nodiscard]] std::uint64_t sum() const { return sum_.value(); }

private:
    std::span<const std::int64_t> edges_;
    std::array<Counter, edges_max + 1> counts_;
    Counter sum_;
};

} // namespace net
