#include "sim/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sim {

namespace {

/// Values of one power of two share this many buckets, a power of two itself: half of what is told apart
/// exactly.
constexpr unsigned bits = 10;
constexpr std::uint64_t per_power = 1U << bits;
constexpr std::size_t bucket_count =
    (std::bit_width(static_cast<std::uint64_t>(Histogram::value_max.count())) - bits + 1) * per_power;

/// How many low bits of the value its bucket does not tell.
unsigned shift_of(std::uint64_t value)
{
    const auto width = static_cast<unsigned>(std::bit_width(value));
    return width > bits + 1 ? width - bits - 1 : 0;
}

std::size_t bucket_of(std::uint64_t value)
{
    const unsigned shift = shift_of(value);
    return shift * per_power + (value >> shift);
}

/// The highest value of a bucket.
std::int64_t end_of(std::size_t bucket)
{
    const std::size_t power = bucket / per_power;
    if (power < 2) return static_cast<std::int64_t>(bucket);
    const std::uint64_t shift = power - 1;
    const std::uint64_t top = bucket - shift * per_power;
    return static_cast<std::int64_t>(((top + 1) << shift) - 1);
}

} // namespace

Histogram::Histogram() : counts_(bucket_count) {}

void Histogram::record(Duration value, std::uint64_t times)
{
    if (times == 0) return;
    const std::int64_t ns = std::clamp<std::int64_t>(value.count(), 0, value_max.count());
    counts_[bucket_of(static_cast<std::uint64_t>(ns))] += times;
    min_ = count_ == 0 ? ns : std::min(min_, ns);
    max_ = std::max(max_, ns);
    sum_ += static_cast<double>(ns) * static_cast<double>(times);
    count_ += times;
}

void Histogram::merge(const Histogram& other)
{
    if (other.count_ == 0) return;
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    sum_ += other.sum_;
    count_ += other.count_;
}

void Histogram::clear()
{
    if (count_ == 0) return;
    std::fill(counts_.begin(), counts_.end(), 0);
    count_ = 0;
    min_ = max_ = 0;
    sum_ = 0;
}

Histogram::Duration Histogram::mean() const
{
    return Duration(count_ == 0 ? 0 : std::llround(sum_ / static_cast<double>(count_)));
}

Histogram::Duration Histogram::quantile(double share) const
{
    if (count_ == 0) return Duration{0};
    // The share is a decimal: 0.999 of 1,000 is the 999th, although 0.999 * 1000 may be a little more.
    const double exact = std::clamp(share, 0.0, 1.0) * static_cast<double>(count_);
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(exact * (1 - 1e-12))));
    std::uint64_t seen = 0;
    for (std::size_t i = bucket_of(static_cast<std::uint64_t>(min_)); i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen >= rank) return Duration(std::min(end_of(i), max_));
    }
    return Duration(max_);
}

std::vector<Histogram::Bucket> Histogram::buckets() const
{
    std::vector<Bucket> all;
    for (std::size_t i = 0; i < counts_.size(); ++i)
        if (counts_[i] > 0) all.push_back({Duration(std::min(end_of(i), max_)), counts_[i]});
    return all;
}

} // namespace sim
