#pragma once

#include "tests/support/sanitizer.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

// Replaces the global operators of the program: for one source file of it only. Under a sanitizer, which has
// operators of its own, nothing is counted.

namespace tests {

inline constexpr bool allocations_are_counted = !test::has_sanitizer;
inline std::size_t allocations = 0;

} // namespace tests

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size)
{
    ++tests::allocations;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
#endif
