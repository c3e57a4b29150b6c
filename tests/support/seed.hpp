#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace tests {

/// A seed for one test case, printed. New in every run unless TOLLGATE_TEST_SEED gives one, which repeats a
/// failure.
inline std::uint64_t printed_seed(const char* test)
{
    const char* const given = std::getenv("TOLLGATE_TEST_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << test << ": TOLLGATE_TEST_SEED=" << seed << std::endl;
    return seed;
}

} // namespace tests
