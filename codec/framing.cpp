#include "codec/framing.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace codec {

namespace {

constexpr std::size_t header_bytes = 2;
/// What a connection costs before it has sent much: room for a dozen usual messages.
constexpr std::size_t first_buffer_bytes = 4096;

std::size_t length_in(const std::uint8_t* header)
{
    return static_cast<std::size_t>(header[0]) << 8 | header[1];
}

} // namespace

FrameReader::FrameReader(Framing framing) : framing_(framing)
{
    assert(framing.message_bytes_max <= 0xFFFF);
}

std::span<std::uint8_t> FrameReader::space()
{
    drop_consumed();
    // Grows with what has come, not with what a header claims: a peer has to send 4 KiB to be given 8.
    if (end_ == buffer_.size()) grow();
    return std::span(buffer_).subspan(end_);
}

void FrameReader::received(std::size_t bytes)
{
    assert(bytes <= buffer_.size() - end_);
    end_ += bytes;
}

FrameReader::Next FrameReader::next()
{
    if (is_broken_) return {Status::bad_length, {}};
    if (end_ - begin_ < header_bytes) return {};
    const std::size_t length = length_in(buffer_.data() + begin_);
    if (length > framing_.message_bytes_max) {
        is_broken_ = true;
        return {Status::bad_length, {}};
    }
    if (end_ - begin_ - header_bytes < length) return {};
    const auto message = std::span<const std::uint8_t>(buffer_).subspan(begin_ + header_bytes, length);
    begin_ += header_bytes + length;
    return {length == 0 ? Status::empty : Status::message, message};
}

bool FrameReader::is_mid_frame() const
{
    const std::size_t available = end_ - begin_;
    if (available < header_bytes) return available > 0;
    return available - header_bytes < length_in(buffer_.data() + begin_);
}

void FrameReader::drop_consumed()
{
    // A stream with a bad length cannot be read on: whatever still comes is not kept.
    if (is_broken_) begin_ = end_;
    if (begin_ == 0) return;
    const std::size_t left = end_ - begin_;
    std::memmove(buffer_.data(), buffer_.data() + begin_, left);
    overwrite(buffer_.data() + left, end_ - left); // track data must not outlive its message
    begin_ = 0;
    end_ = left;
}

void FrameReader::grow()
{
    WipedBytes larger(std::max(first_buffer_bytes, 2 * buffer_.size()));
    std::copy(buffer_.begin(), buffer_.end(), larger.begin());
    buffer_.swap(larger);
}

void append_frame(const Framing& framing, std::span<const std::uint8_t> message,
                  std::vector<std::uint8_t>& out)
{
    assert(message.size() <= framing.message_bytes_max && message.size() <= 0xFFFF);
    (void)framing;
    out.push_back(static_cast<std::uint8_t>(message.size() >> 8));
    out.push_back(static_cast<std::uint8_t>(message.size() & 0xFF));
    out.insert(out.end(), message.begin(), message.end());
}

} // namespace codec
