/// A histogram of durations with a high dynamic range: fixed memory, three significant digits from a
/// nanosecond to an hour and more, and sums of histograms that are as exact as if all had been recorded into
/// one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

namespace sim {

/// Durations below 2,048 ns have a bucket each. Above, buckets are 2^k ns wide with 2^k at most a 1,024th of
/// what they hold, so that
///
///     recorded <= told < recorded * (1 + 1/1024)
///
/// for every quantile: it is never told too small. min(), max() and the count are exact.
class Histogram {
public:
    using Duration = std::chrono::nanoseconds;

    Histogram();

    /// Below zero counts as zero, more than value_max as value_max.
    void record(Duration value) { record(value, 1); }
    void record(Duration value, std::uint64_t times);
    /// As if what was recorded there had been recorded here.
    void merge(const Histogram& other);
    void clear();

    [[nodiscard]] std::uint64_t count() const { return count_; }
    /// Zero when nothing was recorded, like all that follows.
    [[nodiscard]] Duration min() const { return Duration(count_ == 0 ? 0 : min_); }
    [[nodiscard]] Duration max() const { return Duration(max_); }
    [[nodiscard]] Duration mean() const;
    /// The smallest duration that at least this share of all does not pass.
    /// share    0 to 1; 0.99 is the 99th percentile
    [[nodiscard]] Duration quantile(double share) const;

    /// Recorded durations of one width, for curves.
    struct Bucket {
        Duration up_to; ///< the highest that falls into it
        std::uint64_t count = 0;
    };
    /// Those that hold something, ascending.
    [[nodiscard]] std::vector<Bucket> buckets() const;

    /// 19 hours.
    static constexpr Duration value_max{(std::int64_t{1} << 46) - 1};

private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::int64_t min_ = 0;
    std::int64_t max_ = 0;
    double sum_ = 0;
};

} // namespace sim
