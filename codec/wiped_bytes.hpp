#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace codec {

/// Overwrites memory that held card data. A compiler may drop a memset whose result nobody reads; the empty
/// asm statement "reads" it.
inline void overwrite(void* bytes, std::size_t size)
{
    if (size == 0) return;
    std::memset(bytes, 0, size);
    asm volatile("" : : "r"(bytes) : "memory");
}

/// Overwrites what it gives back, so that no copy of a message stays behind in freed memory, however its
/// container grows, moves or ends.
template <class T> struct WipingAllocator : std::allocator<T> {
    template <class U> struct rebind {
        using other = WipingAllocator<U>;
    };

    WipingAllocator() = default;
    template <class U> WipingAllocator(const WipingAllocator<U>&) {}

    void deallocate(T* memory, std::size_t count)
    {
        overwrite(memory, count * sizeof(T));
        std::allocator<T>::deallocate(memory, count);
    }
};

/// Bytes of a message.
using WipedBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

} // namespace codec
