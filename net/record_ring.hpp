/// Frames on their way to the thread that records them, in one block of memory.
#pragma once

#include "codec/wiped_bytes.hpp"
#include "net/capture_writer.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace net {

/// A frame, and where it was seen.
struct SeenFrame {
    WallTime at;
    std::uint64_t connection = 0; ///< of its link, since the start
    Direction direction = Direction::request;
    std::span<const std::uint8_t> bytes;
};

/// One thread adds, one takes, and neither ever waits for the other. Frames hold card data: what was taken is
/// overwritten.
class RecordRing {
public:
    /// bytes   of all frames that wait, with 24 more for each
    explicit RecordRing(std::size_t bytes);

    /// False when there is no room: nothing has changed then.
    [[nodiscard]] bool add(const SeenFrame& frame);
    /// Gives the oldest frame to `use`, valid during the call. False when there is none.
    template <class Use> [[nodiscard]] bool take(Use use)
    {
        const auto frame = oldest();
        if (frame.bytes.data() == nullptr) return false;
        use(frame);
        drop_oldest();
        return true;
    }

private:
    struct Head;

    [[nodiscard]] SeenFrame oldest();
    void drop_oldest();

    codec::WipedBytes block_;
    std::uint64_t known_taken_ = 0; ///< of who adds: looked at again when there seems to be no room
    // Bytes since the start; what is between them waits. Where they are in the block: the remainder.
    alignas(64) std::atomic<std::uint64_t> added_{0}; // each in a cache line of its own
    alignas(64) std::atomic<std::uint64_t> taken_{0};
};

} // namespace net
