#include "net/record_ring.hpp"

#include <cstring>
#include <type_traits>

namespace net {

/// In front of each frame. A frame stands in one piece: where it does not fit before the end of the block,
/// a head alone says that the rest of the block is empty.
struct RecordRing::Head {
    static constexpr std::uint32_t rest_is_empty = UINT32_MAX;

    std::int64_t at_us = 0;
    std::uint64_t connection = 0;
    std::uint32_t size = 0;
    Direction direction = Direction::request;
};

namespace {

/// Every place is a multiple of it, so that a head always fits before the end.
constexpr std::size_t step = 24;

std::size_t stepped(std::size_t bytes)
{
    return (bytes + step - 1) / step * step;
}

} // namespace

RecordRing::RecordRing(std::size_t bytes) : block_(stepped(bytes))
{
    static_assert(sizeof(Head) == step && std::is_trivially_copyable_v<Head>);
}

bool RecordRing::add(const SeenFrame& frame)
{
    const std::uint64_t added = added_.load(std::memory_order_relaxed);
    const std::size_t at = added % block_.size();
    const std::size_t needed = step + stepped(frame.bytes.size());
    const std::size_t skipped = needed > block_.size() - at ? block_.size() - at : 0;
    const auto has_room = [&] { return added - known_taken_ + skipped + needed <= block_.size(); };
    if (!has_room()) known_taken_ = taken_.load(std::memory_order_acquire);
    if (!has_room()) return false;
    Head head{frame.at.time_since_epoch().count(), frame.connection,
              static_cast<std::uint32_t>(frame.bytes.size()), frame.direction};
    std::uint8_t* const place = block_.data() + (skipped > 0 ? 0 : at);
    std::memcpy(place, &head, sizeof head);
    if (!frame.bytes.empty()) std::memcpy(place + step, frame.bytes.data(), frame.bytes.size());
    if (skipped > 0) {
        head.size = Head::rest_is_empty;
        std::memcpy(block_.data() + at, &head, sizeof head);
    }
    added_.store(added + skipped + needed, std::memory_order_release);
    return true;
}

/// Without bytes at all when there is none.
SeenFrame RecordRing::oldest()
{
    for (;;) {
        const std::uint64_t taken = taken_.load(std::memory_order_relaxed);
        if (taken == added_.load(std::memory_order_acquire)) return {};
        const std::size_t at = taken % block_.size();
        Head head;
        std::memcpy(&head, block_.data() + at, sizeof head);
        if (head.size != Head::rest_is_empty)
            return {WallTime(std::chrono::microseconds(head.at_us)),
                    head.connection,
                    head.direction,
                    {block_.data() + at + step, head.size}};
        taken_.store(taken + block_.size() - at, std::memory_order_release);
    }
}

void RecordRing::drop_oldest()
{
    const std::uint64_t taken = taken_.load(std::memory_order_relaxed);
    const std::size_t at = taken % block_.size();
    Head head;
    std::memcpy(&head, block_.data() + at, sizeof head);
    codec::overwrite(block_.data() + at + step, head.size);
    taken_.store(taken + step + stepped(head.size), std::memory_order_release);
}

} // namespace net
