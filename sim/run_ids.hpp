/// Names that no other message of this run has, and no other run on the same database either.
#pragma once

#include "codec/luhn.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace sim {

/// Thread-safe. Made from a seed; two objects of one seed give the same names in the same order, apart from
/// card numbers and terminals, which also hold the start time so that a seed can be played twice on one
/// database.
class RunIds {
public:
    /// seed         decides STANs and RRNs
    /// start_us     microseconds since 1970, decides card numbers and terminals
    RunIds(std::uint64_t seed, std::uint64_t start_us);

    [[nodiscard]] std::uint64_t seed() const { return seed_; }

    /// DE11, "000001".."999999".
    [[nodiscard]] std::string next_stan();
    /// DE37, 12 digits.
    [[nodiscard]] std::string next_rrn();
    /// DE41, 8 characters: "T" and seven digits.
    [[nodiscard]] std::string next_terminal();
    /// A 16-digit test card number with a right check digit.
    /// bin      its first six digits
    [[nodiscard]] std::string next_pan(const std::string& bin);

private:
    std::uint64_t seed_;
    std::atomic<std::uint64_t> stan_;
    std::atomic<std::uint64_t> rrn_;
    std::atomic<std::uint64_t> terminal_;
    std::atomic<std::uint64_t> card_;
};

using codec::luhn_digit;

/// Now, in microseconds since 1970.
[[nodiscard]] std::uint64_t wall_clock_us();

} // namespace sim
