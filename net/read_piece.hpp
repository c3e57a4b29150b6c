#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace net {

/// How much of its input one connection may have read in one turn of the I/O loop; what a read has brought is
/// handled at once, and everybody else waits for it. Who sends no more than usual has it all in one read. Of
/// whoever has filled a read more waits in the kernel, and it comes in short reads until none is filled: it
/// has as many turns as before, and each of them is short.
class ReadPiece {
public:
    static constexpr std::size_t usual_bytes = 8'192;
    static constexpr std::size_t short_bytes = 1'024;

    /// The part of the space that the next read may fill.
    [[nodiscard]] std::span<std::uint8_t> of(std::span<std::uint8_t> space) const
    {
        return space.first(std::min(space.size(), bytes_));
    }
    /// The read has brought so many bytes of those that it was asked for.
    void note(std::size_t bytes, std::span<const std::uint8_t> asked)
    {
        bytes_ = bytes == asked.size() ? short_bytes : usual_bytes;
    }

private:
    std::size_t bytes_ = usual_bytes;
};

} // namespace net
