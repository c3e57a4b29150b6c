#pragma once

#include <cstddef>
#include <utility>

#include <unistd.h>

namespace net {

/// A file descriptor that is closed with its owner.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor()
    {
        if (number_ >= 0) ::close(number_);
    }

    [[nodiscard]] int get() const { return number_; }
    /// The caller closes it.
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_ = -1;
};

/// Makes room in this process's table of descriptors for so many connections and what else a server has open,
/// as far as its limit goes. A full table is doubled by whoever opens the next descriptor; in a process with
/// threads that takes tens of milliseconds, as the kernel waits until none of them can still be reading the
/// old one (Linux, fs/file.c: expand_fdtable).
void make_room_for_connections(std::size_t count);

} // namespace net
