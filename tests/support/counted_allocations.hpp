#pragma once

#include "tests/support/sanitizer.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

// Replaces the global operators of the program: for one source file of it only. Under a sanitizer, which has
// operators of its own, nothing is counted, and none fails.

namespace tests {

inline constexpr bool allocations_are_counted = !test::has_sanitizer;
inline thread_local std::size_t allocations = 0;
/// The how many-th of this thread from now on throws; 0: none.
inline thread_local std::size_t allocation_to_fail = 0;

} // namespace tests

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
[[gnu::noinline]] void* operator new(std::size_t size)
{
    ++tests::allocations;
    if (tests::allocation_to_fail > 0 && --tests::allocation_to_fail == 0) throw std::bad_alloc();
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept
{
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
#endif
