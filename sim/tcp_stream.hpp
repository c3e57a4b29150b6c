/// One direction of a TCP connection, put together from captured segments.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace sim {

/// Where the bytes go.
class StreamSink {
public:
    virtual ~StreamSink() = default;
    /// What follows in the stream. Valid during the call.
    virtual void bytes(std::span<const std::uint8_t> next) = 0;
    /// Bytes of the stream that were not captured. 0: nobody knows how many.
    virtual void gap(std::uint64_t missing) = 0;
};

/// What was noticed on the way.
struct StreamCounters {
    std::uint64_t retransmitted = 0; ///< segments with bytes that had come already
    std::uint64_t conflicts = 0;     ///< of them, those with other bytes
    std::uint64_t out_of_order = 0;
    std::uint64_t too_late = 0; ///< with bytes in front of a stream's first ones, which had gone out already
    std::uint64_t gaps = 0;
    std::uint64_t missing_bytes = 0;
};

/// Sequence numbers are followed in 64 bits, so that they may wrap. Of bytes that come twice the first ones
/// count. What comes too early waits until the bytes before it come, or until it is sure that they were not
/// captured: the receiver has acknowledged more, too much waits, or the capture ends. Without a SYN the first
/// segment may have overtaken another one: it waits for the second, or for the receiver to have all before
/// it.
class TcpStream {
public:
    /// What may wait in one direction; every piece counts its place in memory, too.
    static constexpr std::size_t waiting_max = 256UL * 1024;

    /// Data begin behind the SYN's sequence number. Without it the stream starts at the first segment.
    void started(std::uint32_t syn_sequence);
    [[nodiscard]] bool has_started() const { return has_started_; }
    /// True when a SYN of this number belongs to this connection, and is no newer one's.
    [[nodiscard]] bool is_started_by(std::uint32_t syn_sequence) const;

    /// A segment's payload. `sequence` is that of its first byte.
    void segment(std::uint32_t sequence, std::span<const std::uint8_t> payload, StreamSink& sink,
                 StreamCounters& counters);
    /// The receiver has everything in front of `sequence`.
    void acknowledged(std::uint32_t sequence, StreamSink& sink, StreamCounters& counters);
    /// What waits is given out behind its gaps.
    void flush(StreamSink& sink, StreamCounters& counters);
    /// Nothing more comes. What was acknowledged and not captured is a gap, too.
    void finish(StreamSink& sink, StreamCounters& counters);

    [[nodiscard]] std::size_t waiting_bytes() const { return waiting_bytes_; }

private:
    /// Delivered bytes that a retransmission is compared with.
    static constexpr std::size_t history_max = 512;

    [[nodiscard]] std::uint64_t offset_of(std::uint32_t sequence) const;
    void start_in_the_middle(std::uint32_t sequence);
    void begin_earlier_with(std::uint32_t sequence, StreamCounters& counters);
    void settle_beginning(StreamSink& sink);
    void count_known(std::uint64_t offset, std::span<const std::uint8_t> payload,
                     StreamCounters& counters) const;
    void start_again(std::uint32_t sequence, StreamSink& sink, StreamCounters& counters);
    void compare_with_history(std::uint64_t offset, std::span<const std::uint8_t> payload,
                              StreamCounters& counters) const;
    void wait(std::uint64_t offset, std::span<const std::uint8_t> payload, StreamCounters& counters);
    void add_piece(std::uint64_t offset, std::span<const std::uint8_t> payload);
    void deliver(std::span<const std::uint8_t> bytes, StreamSink& sink);
    void deliver_waiting(StreamSink& sink);
    void jump_to_waiting(StreamSink& sink, StreamCounters& counters);
    void remember(std::span<const std::uint8_t> bytes);

    bool has_started_ = false;
    bool may_begin_earlier_ = false; ///< the first segment waits for what it may have overtaken
    std::optional<std::uint32_t> acknowledged_before_start_;
    std::uint32_t first_sequence_ = 0;
    std::uint32_t next_sequence_ = 0;
    std::uint64_t next_ = 1ULL << 32U; ///< offset of next_sequence_; never near 0, so that none is below
    std::uint64_t begin_ = 0;          ///< offset of the first byte, when no SYN told that it is the first
    std::uint64_t acknowledged_ = 0;   ///< the highest offset
    std::map<std::uint64_t, std::vector<std::uint8_t>> waiting_; ///< by offset; without overlaps
    std::size_t waiting_bytes_ = 0;
    std::array<std::uint8_t, history_max> history_{};
    std::size_t history_size_ = 0;
};

} // namespace sim
