#include "sim/tcp_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sim {

namespace {

using View = std::span<const std::uint8_t>;

/// No receiver's window is larger (RFC 7323): what is farther away belongs to another connection.
constexpr std::int64_t window_max = 1LL << 30U;
/// A piece's node and vector.
constexpr std::size_t piece_overhead = 96;

} // namespace

void TcpStream::started(std::uint32_t syn_sequence)
{
    if (has_started_) return;
    has_started_ = true;
    first_sequence_ = next_sequence_ = syn_sequence + 1;
}

bool TcpStream::is_started_by(std::uint32_t syn_sequence) const
{
    return !has_started_ || first_sequence_ == syn_sequence + 1;
}

std::uint64_t TcpStream::offset_of(std::uint32_t sequence) const
{
    const auto distance = static_cast<std::int32_t>(sequence - next_sequence_);
    return next_ + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
}

void TcpStream::segment(std::uint32_t sequence, View payload, StreamSink& sink, StreamCounters& counters)
{
    if (payload.empty()) return;
    if (!has_started_) {
        start_in_the_middle(sequence);
        if (may_begin_earlier_) return wait(next_, payload, counters);
    }
    std::uint64_t offset = offset_of(sequence);
    const auto distance = static_cast<std::int64_t>(offset - next_);
    if (distance > window_max || distance < -window_max) {
        start_again(sequence, sink, counters);
        offset = next_;
    }
    if (may_begin_earlier_ && offset < next_) begin_earlier_with(sequence, counters);
    settle_beginning(sink);
    if (payload.size() == 1 && offset == next_ - 1) return; // a keep-alive: its byte means nothing
    if (offset < next_) {
        count_known(offset, payload, counters);
        const std::uint64_t known = std::min<std::uint64_t>(next_ - offset, payload.size());
        payload = payload.subspan(known);
        offset += known;
        if (payload.empty()) return;
    }
    if (offset == next_ && waiting_.empty()) return deliver(payload, sink);
    if (offset > next_) ++counters.out_of_order;
    wait(offset, payload, counters);
    deliver_waiting(sink);
    while (waiting_bytes_ > waiting_max) jump_to_waiting(sink, counters);
}

void TcpStream::acknowledged(std::uint32_t sequence, StreamSink& sink, StreamCounters& counters)
{
    if (!has_started_) {
        acknowledged_before_start_ = sequence;
        return;
    }
    acknowledged_ = std::max(acknowledged_, offset_of(sequence));
    if (acknowledged_ >= next_) settle_beginning(sink);
    while (!waiting_.empty() && waiting_.begin()->first < acknowledged_) jump_to_waiting(sink, counters);
}

void TcpStream::flush(StreamSink& sink, StreamCounters& counters)
{
    settle_beginning(sink);
    while (!waiting_.empty()) jump_to_waiting(sink, counters);
}

void TcpStream::finish(StreamSink& sink, StreamCounters& counters)
{
    flush(sink, counters);
    // The number behind the last one that was seen may be that of a FIN.
    if (!has_started_ || acknowledged_ <= next_ + 1) return;
    const std::uint64_t missing = acknowledged_ - next_;
    ++counters.gaps;
    counters.missing_bytes += missing;
    sink.gap(missing);
}

/// The segment is the first one unless it has overtaken another, which the receiver then cannot have.
void TcpStream::start_in_the_middle(std::uint32_t sequence)
{
    started(sequence - 1);
    begin_ = next_;
    may_begin_earlier_ = !acknowledged_before_start_ || offset_of(*acknowledged_before_start_) < next_;
}

/// The second segment stands in front of the first, which waits.
void TcpStream::begin_earlier_with(std::uint32_t sequence, StreamCounters& counters)
{
    ++counters.out_of_order;
    begin_ = next_ = offset_of(sequence);
    first_sequence_ = next_sequence_ = sequence;
}

/// The first segment that came is the first one that is given out.
void TcpStream::settle_beginning(StreamSink& sink)
{
    if (std::exchange(may_begin_earlier_, false)) deliver_waiting(sink);
}

/// A segment that begins in front of what has been given out: its bytes came already, or they come too late.
void TcpStream::count_known(std::uint64_t offset, View payload, StreamCounters& counters) const
{
    if (offset < begin_) ++counters.too_late;
    if (offset + payload.size() <= begin_) return;
    ++counters.retransmitted;
    compare_with_history(offset, payload, counters);
}

/// The numbers go on somewhere else, and no SYN was captured.
void TcpStream::start_again(std::uint32_t sequence, StreamSink& sink, StreamCounters& counters)
{
    flush(sink, counters);
    ++counters.gaps;
    sink.gap(0);
    first_sequence_ = next_sequence_ = sequence;
    begin_ = next_;
    acknowledged_ = 0;
    history_size_ = 0;
}

void TcpStream::compare_with_history(std::uint64_t offset, View payload, StreamCounters& counters) const
{
    const std::uint64_t begin = std::max(offset, next_ - history_size_);
    const std::uint64_t end = std::min(offset + payload.size(), next_);
    if (begin >= end) return;
    const std::uint8_t* const seen = history_.data() + (begin - (next_ - history_size_));
    if (std::memcmp(seen, payload.data() + (begin - offset), end - begin) != 0) ++counters.conflicts;
}

/// Adds what is not there yet.
void TcpStream::wait(std::uint64_t offset, View payload, StreamCounters& counters)
{
    bool is_known = false;
    bool differs = false;
    auto piece = waiting_.upper_bound(offset);
    if (piece != waiting_.begin()) --piece;
    while (!payload.empty() && piece != waiting_.end()) {
        const std::uint64_t begin = piece->first;
        const std::uint64_t end = begin + piece->second.size();
        if (begin >= offset + payload.size()) break;
        if (offset < begin) {
            const std::uint64_t free = begin - offset;
            add_piece(offset, payload.first(free));
            payload = payload.subspan(free);
            offset = begin;
        }
        if (offset < end) {
            const std::uint64_t shared = std::min<std::uint64_t>(end - offset, payload.size());
            is_known = true;
            differs |= std::memcmp(piece->second.data() + (offset - begin), payload.data(), shared) != 0;
            payload = payload.subspan(shared);
            offset += shared;
        }
        ++piece;
    }
    if (!payload.empty()) add_piece(offset, payload);
    counters.retransmitted += is_known ? 1 : 0;
    counters.conflicts += differs ? 1 : 0;
}

void TcpStream::add_piece(std::uint64_t offset, View payload)
{
    waiting_.emplace(offset, std::vector<std::uint8_t>(payload.begin(), payload.end()));
    waiting_bytes_ += payload.size() + piece_overhead;
}

void TcpStream::deliver(View bytes, StreamSink& sink)
{
    next_ += bytes.size();
    next_sequence_ += static_cast<std::uint32_t>(bytes.size());
    remember(bytes);
    sink.bytes(bytes);
}

void TcpStream::deliver_waiting(StreamSink& sink)
{
    while (!waiting_.empty() && waiting_.begin()->first == next_) {
        const auto piece = waiting_.extract(waiting_.begin());
        waiting_bytes_ -= piece.mapped().size() + piece_overhead;
        deliver(piece.mapped(), sink);
    }
}

void TcpStream::jump_to_waiting(StreamSink& sink, StreamCounters& counters)
{
    const std::uint64_t missing = waiting_.begin()->first - next_;
    ++counters.gaps;
    counters.missing_bytes += missing;
    next_ += missing;
    next_sequence_ += static_cast<std::uint32_t>(missing);
    history_size_ = 0;
    sink.gap(missing);
    deliver_waiting(sink);
}

void TcpStream::remember(View bytes)
{
    if (bytes.size() >= history_max) {
        std::copy(bytes.end() - history_max, bytes.end(), history_.begin());
        history_size_ = history_max;
        return;
    }
    const std::size_t kept = std::min(history_size_, history_max - bytes.size());
    std::memmove(history_.data(), history_.data() + (history_size_ - kept), kept);
    std::copy(bytes.begin(), bytes.end(), history_.begin() + static_cast<std::ptrdiff_t>(kept));
    history_size_ = kept + bytes.size();
}

} // namespace sim
