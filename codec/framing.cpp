#include "codec/framing.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace codec {

namespace {

using Status = FrameReader::Status;
using Mark = FrameRule::Mark;

/// What a connection costs before it has sent much: room for a dozen usual messages.
constexpr std::size_t first_buffer_bytes = 4096;
/// A message that comes in more pieces is cut up to keep us busy.
constexpr std::size_t fragments_max = 16;
constexpr std::uint8_t more_fragments = 0x01;

/// False when a byte that has come already differs. What has not come yet may still be right.
bool may_begin_with(std::span<const std::uint8_t> bytes, std::string_view expected)
{
    const std::size_t size = std::min(bytes.size(), expected.size());
    return size == 0 || std::memcmp(bytes.data(), expected.data(), size) == 0;
}

std::span<const std::uint8_t> from(std::span<const std::uint8_t> bytes, std::size_t offset)
{
    return bytes.subspan(std::min(offset, bytes.size()));
}

/// The bytes between length and message, as far as they have come. A mark may stand where the table has a
/// zero.
bool may_stand_behind(const FrameRule& rule, std::span<const std::uint8_t> bytes)
{
    switch (rule.mark) {
    case Mark::none:
        return may_begin_with(bytes, rule.behind);
    case Mark::session:
        return may_begin_with(bytes, rule.behind.substr(0, 1)) &&
               (bytes.size() < 2 || bytes[1] >> 4 == 0 || bytes[1] >> 4 == 2);
    case Mark::fragments:
        return (bytes.empty() || bytes[0] <= more_fragments) &&
               may_begin_with(from(bytes, 1), rule.behind.substr(1));
    }
    return false;
}

std::uint8_t checksum_of(std::span<const std::uint8_t> bytes)
{
    std::uint8_t sum = 0;
    for (const std::uint8_t byte : bytes) sum ^= byte;
    return sum;
}

void append(std::vector<std::uint8_t>& out, std::string_view bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}

} // namespace

std::size_t Framing::limit() const
{
    return std::min(message_bytes_max, rule->carried_bytes_max());
}

FrameReader::FrameReader(Framing framing) : framing_(framing), limit_(framing.limit()) {}

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
    const Cut frame = cut();
    Next next{frame.status, {}, {}, frame.why};
    switch (frame.status) {
    case Status::need_more:
        searched_ = frame.searched;
        return next;
    case Status::bad_length:
    case Status::bad_frame:
        broken_ = frame;
        return next;
    default:
        break;
    }
    if (framing_.rule->mark == Mark::fragments) join_fragments(frame);
    next.message = available().subspan(framing_.rule->head_bytes(), frame.message_bytes);
    if (frame.status != Status::message) next.frame = available().first(frame.frame_bytes);
    begin_ += frame.frame_bytes;
    searched_ = 0;
    return next;
}

bool FrameReader::is_mid_frame() const
{
    return begin_ != end_ && cut().status == Status::need_more;
}

std::span<const std::uint8_t> FrameReader::available() const
{
    return std::span(buffer_).subspan(begin_, end_ - begin_);
}

FrameReader::Cut FrameReader::cut() const
{
    if (broken_.status != Status::need_more) return broken_;
    if (framing_.rule->length == FrameRule::Length::none) return cut_by_trailer(available());
    if (framing_.rule->mark == Mark::fragments) return cut_fragments(available());
    return cut_by_length(available());
}

/// One frame or one fragment. Wrong bytes are told as soon as they have come.
FrameReader::Cut FrameReader::cut_by_length(std::span<const std::uint8_t> bytes) const
{
    const FrameRule& rule = *framing_.rule;
    if (!may_begin_with(bytes, rule.before))
        return {.status = Status::bad_frame, .why = "wrong bytes before the length"};
    if (bytes.size() < rule.before.size() + rule.length_bytes) return {};
    const auto number = read_length(rule, bytes.data() + rule.before.size());
    if (!number) return {.status = Status::bad_length, .why = "the length is not a number"};
    if (*number < rule.also_counted)
        return {.status = Status::bad_length, .why = "the length is below its own size"};
    const std::size_t size = *number - rule.also_counted;
    if (size > limit_) return {.status = Status::bad_length, .why = "the length is above the limit"};

    const auto behind = from(bytes, rule.before.size() + rule.length_bytes);
    if (!may_stand_behind(rule, behind))
        return {.status = Status::bad_frame, .why = "wrong bytes behind the length"};
    const std::size_t head = rule.head_bytes();
    const auto trailer = from(bytes, head + size);
    if (!may_begin_with(trailer, rule.trailer))
        return {.status = Status::bad_frame, .why = "the trailer is missing"};
    const std::size_t whole = head + size + rule.tail_bytes();
    if (bytes.size() < whole) return {.message_bytes = size};
    const bool is_control = rule.mark == Mark::session && bytes[head - 1] >> 4 != 0;
    return {is_control ? Status::control : size == 0 ? Status::empty : Status::message, size, whole, {}};
}

FrameReader::Cut FrameReader::cut_by_trailer(std::span<const std::uint8_t> bytes) const
{
    const FrameRule& rule = *framing_.rule;
    if (!may_begin_with(bytes, rule.before))
        return {.status = Status::bad_frame, .why = "the frame does not begin"};
    const std::size_t head = rule.head_bytes();
    const auto unsearched = from(bytes, std::max(head, searched_));
    const auto found = std::find(unsearched.begin(), unsearched.end(), rule.trailer.front());
    const std::size_t end = bytes.size() - static_cast<std::size_t>(unsearched.end() - found);
    if (end > head + limit_) return {.status = Status::bad_length, .why = "no end within the limit"};
    const std::size_t whole = end + rule.tail_bytes();
    if (bytes.size() < whole) return {.searched = end};
    if (rule.has_checksum && checksum_of(bytes.subspan(head, whole - 1 - head)) != bytes[whole - 1])
        return {.status = Status::bad_frame, .why = "the checksum is wrong"};
    return {end == head ? Status::empty : Status::message, end - head, whole};
}

FrameReader::Cut FrameReader::cut_fragments(std::span<const std::uint8_t> bytes) const
{
    Cut all;
    for (std::size_t count = 0; count < fragments_max; ++count) {
        const auto rest = from(bytes, all.frame_bytes);
        const Cut fragment = cut_by_length(rest);
        if (all.message_bytes + fragment.message_bytes > limit_)
            return {.status = Status::bad_length, .why = "the fragments together are above the limit"};
        if (fragment.status != Status::message && fragment.status != Status::empty) return fragment;
        const bool has_more = rest[framing_.rule->head_bytes() - 2] == more_fragments;
        if (has_more && fragment.status == Status::empty)
            return {.status = Status::bad_length, .why = "an empty fragment that is not the last"};
        all.message_bytes += fragment.message_bytes;
        all.frame_bytes += fragment.frame_bytes;
        all.status = all.message_bytes == 0 ? Status::empty : Status::message;
        if (!has_more) return all;
    }
    return {.status = Status::bad_frame, .why = "too many fragments"};
}

/// Moves the fragments of a whole frame together, behind the first one's head.
void FrameReader::join_fragments(const Cut& frame)
{
    const FrameRule& rule = *framing_.rule;
    std::uint8_t* const first = buffer_.data() + begin_;
    std::uint8_t* target = first + rule.head_bytes();
    for (std::size_t at = 0; at < frame.frame_bytes;) {
        // Read before it is overwritten: the target is never behind the source.
        const std::size_t size = *read_length(rule, first + at + rule.before.size());
        std::memmove(target, first + at + rule.head_bytes(), size);
        target += size;
        at += rule.head_bytes() + size;
    }
}

void FrameReader::drop_consumed()
{
    // A stream with a bad length cannot be read on: whatever still comes is not kept.
    if (broken_.status != Status::need_more) begin_ = end_;
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

bool can_carry(const Framing& framing, std::span<const std::uint8_t> message)
{
    if (message.size() > framing.limit()) return false;
    if (framing.rule->length != FrameRule::Length::none) return true;
    const auto end = static_cast<std::uint8_t>(framing.rule->trailer.front());
    return std::find(message.begin(), message.end(), end) == message.end();
}

void append_frame(const Framing& framing, std::span<const std::uint8_t> message,
                  std::vector<std::uint8_t>& out)
{
    assert(can_carry(framing, message));
    const FrameRule& rule = *framing.rule;
    if (out.empty()) out.reserve(rule.head_bytes() + message.size() + rule.tail_bytes());
    append(out, rule.before);
    out.resize(out.size() + rule.length_bytes);
    if (rule.length != FrameRule::Length::none)
        write_length(rule, message.size() + rule.also_counted, out.data() + out.size() - rule.length_bytes);
    append(out, rule.behind);
    const std::size_t message_begin = out.size();
    out.insert(out.end(), message.begin(), message.end());
    append(out, rule.trailer);
    if (rule.has_checksum) out.push_back(checksum_of(std::span(out).subspan(message_begin)));
}

} // namespace codec
