#pragma once

#include "codec/words.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
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

/// Overwrites what functions that have returned left on the stack: short strings stand in their frames.
[[gnu::noinline]] inline void overwrite_dead_stack()
{
    char dead[16 * 1024]; // deeper than anything that reads or describes a message
    overwrite(dead, sizeof dead);
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

/// A growing run of characters for values of messages. Growing does not initialize; what was in it is
/// overwritten before its memory is given back or used again.
class WipedArena {
public:
    /// So many bytes behind the last one may be read: they are ours.
    static constexpr std::size_t slack = 16;

    WipedArena() = default;
    WipedArena(WipedArena&& other) noexcept
        : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0))
    {
    }
    WipedArena& operator=(WipedArena&& other) noexcept
    {
        bytes_.swap(other.bytes_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~WipedArena() { overwrite(bytes_.get(), size_); }

    [[nodiscard]] char* data() { return bytes_.get(); }
    [[nodiscard]] const char* data() const { return bytes_.get(); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t room() const { return capacity_ - size_; }

    /// Appends `more` characters and keeps room for `spare` behind them.
    /// from     what is appended, possibly a part of the arena itself; null appends what happens to be there
    /// returns  where they are: valid until the arena has to grow
    [[gnu::always_inline]] char* append(const char* from, std::size_t more, std::size_t spare)
    {
        if (capacity_ < size_ + more + spare) [[unlikely]]
            return append_to_larger(from, more, spare);
        char* const at = bytes_.get() + size_;
        if (from != nullptr) copy_bytes(from, more, at);
        size_ += more;
        return at;
    }

    /// Overwrites and forgets everything; the memory stays.
    void clear()
    {
        overwrite(bytes_.get(), size_);
        size_ = 0;
    }

private:
    [[gnu::noinline]] char* append_to_larger(const char* from, std::size_t more, std::size_t spare)
    {
        const std::size_t larger = std::max(size_ + more + spare, 2 * capacity_);
        std::unique_ptr<char[]> bytes(new char[larger + slack]);
        copy_bytes(bytes_.get(), size_, bytes.get());
        if (from != nullptr) copy_bytes(from, more, bytes.get() + size_);
        overwrite(bytes_.get(), size_);
        bytes_ = std::move(bytes);
        capacity_ = larger;
        char* const at = bytes_.get() + size_;
        size_ += more;
        return at;
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Bytes of a message.
using WipedBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

} // namespace codec
