#include "sim/histogram.hpp"
#include "sim/rng.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace sim;
using std::chrono::nanoseconds;

namespace {

constexpr double shares[] = {0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};

/// Durations of every order of magnitude, from a nanosecond to the largest.
std::vector<std::int64_t> samples(std::uint64_t seed, std::size_t count)
{
    Rng rng(seed);
    std::vector<std::int64_t> all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(static_cast<std::int64_t>(rng.next() >> (18 + rng.below(46))));
    return all;
}

Histogram histogram_of(const std::vector<std::int64_t>& values)
{
    Histogram histogram;
    for (const std::int64_t value : values) histogram.record(nanoseconds(value));
    return histogram;
}

/// What the definition says: the smallest of them that at least this share does not pass.
std::int64_t exact_quantile(const std::vector<std::int64_t>& ascending, double share)
{
    const auto rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(ascending.size()) * (1 - 1e-12)));
    return ascending[std::max<std::size_t>(rank, 1) - 1];
}

} // namespace

TEST_CASE("histogram: a quantile is never too small and less than a 1,024th too large")
{
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        std::vector<std::int64_t> values = samples(seed, 1 + seed * 7);
        const Histogram histogram = histogram_of(values);
        std::sort(values.begin(), values.end());
        for (const double share : shares) {
            CAPTURE(share);
            const std::int64_t exact = exact_quantile(values, share);
            const std::int64_t told = histogram.quantile(share).count();
            CHECK(told >= exact);
            CHECK(told - exact <= exact / 1'024);
        }
        CHECK(histogram.count() == values.size());
        CHECK(histogram.min().count() == values.front());
        CHECK(histogram.max().count() == values.back());
    }
}

TEST_CASE("histogram: every bucket's ends keep the rule")
{
    Histogram histogram;
    for (int power = 0; power < 46; ++power) {
        for (const std::int64_t beside : {-1, 0, 1}) {
            const std::int64_t value = (std::int64_t{1} << power) + beside;
            CAPTURE(value);
            histogram.clear();
            histogram.record(nanoseconds(value));
            histogram.record(Histogram::value_max); // else the maximum would tell it
            const std::int64_t told = histogram.quantile(0.5).count();
            CHECK(told >= value);
            CHECK(told - value <= value / 1'024);
            if (value < 2'048) CHECK(told == value);
        }
    }
}

TEST_CASE("histogram: merged ones tell what one of all would")
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        std::vector<std::int64_t> all;
        Histogram merged;
        for (std::uint64_t part = 0; part < 5; ++part) {
            const auto values = samples(seed * 100 + part, part * 31); // the first is empty
            merged.merge(histogram_of(values));
            all.insert(all.end(), values.begin(), values.end());
        }
        const Histogram one = histogram_of(all);
        CHECK(merged.count() == one.count());
        CHECK(merged.min() == one.min());
        CHECK(merged.max() == one.max());
        CHECK(std::abs((merged.mean() - one.mean()).count()) <= 1); // sums in another order
        for (const double share : shares) CHECK(merged.quantile(share) == one.quantile(share));
    }
}

TEST_CASE(
    "histogram: what is recorded many times counts as often, and what is out of range as the nearest end")
{
    Histogram histogram;
    histogram.record(nanoseconds(-5), 99);
    histogram.record(std::chrono::hours(1'000));
    histogram.record(nanoseconds(7), 0);
    CHECK(histogram.count() == 100);
    CHECK(histogram.quantile(0.99).count() == 0);
    CHECK(histogram.quantile(1) == Histogram::value_max);
    CHECK(histogram.min().count() == 0);
}

TEST_CASE("histogram: an empty or cleared one tells zeros")
{
    Histogram histogram;
    histogram.record(nanoseconds(5'000'000));
    histogram.clear();
    CHECK(histogram.count() == 0);
    CHECK(histogram.quantile(0.99).count() == 0);
    CHECK(histogram.mean().count() == 0);
    CHECK(histogram.buckets().empty());
    histogram.record(nanoseconds(9));
    CHECK(histogram.min().count() == 9);
}

TEST_CASE("histogram: buckets hold all that was recorded, in order")
{
    const auto values = samples(3, 500);
    std::uint64_t count = 0;
    nanoseconds before{-1};
    for (const Histogram::Bucket& bucket : histogram_of(values).buckets()) {
        CHECK(bucket.up_to > before);
        before = bucket.up_to;
        count += bucket.count;
    }
    CHECK(count == 500);
}
