#include "sim/run_ids.hpp"

#include "sim/rng.hpp"

#include <chrono>

namespace sim {

namespace {

std::string digits_of(std::uint64_t value, std::size_t width)
{
    std::string digits = std::to_string(value);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

} // namespace

RunIds::RunIds(std::uint64_t seed, std::uint64_t start_us) : seed_(seed)
{
    Rng rng(seed);
    stan_ = rng.below(999'999);
    rrn_ = rng.below(1'000'000'000'000);
    Rng by_time(start_us);
    terminal_ = by_time.below(10'000'000);
    card_ = by_time.below(1'000'000'000);
}

std::string RunIds::next_stan()
{
    return digits_of(stan_++ % 999'999 + 1, 6);
}

std::string RunIds::next_rrn()
{
    return digits_of(rrn_++ % 1'000'000'000'000, 12);
}

std::string RunIds::next_terminal()
{
    return "T" + digits_of(terminal_++ % 10'000'000, 7);
}

std::string RunIds::next_pan(const std::string& bin)
{
    const std::string digits = bin + digits_of(card_++ % 1'000'000'000, 9);
    return digits + luhn_digit(digits);
}

std::uint64_t wall_clock_us()
{
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

} // namespace sim
