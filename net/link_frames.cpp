/// The part of a link that cuts its stream: bytes in, messages and their headers out.
#include "authz/test_build.hpp"
#include "net/link.hpp"

#include <algorithm>

namespace net {

namespace {

using Status = codec::FrameReader::Status;

/// The frame's memory is the reader's; what stands in it may be track or PIN data.
void wipe(std::span<const std::uint8_t> wire)
{
    if (TOLLGATE_PLANTED("frame-not-wiped")) return;
    auto* bytes = const_cast<std::uint8_t*>(wire.data());
    std::fill_n(bytes, wire.size(), std::uint8_t{0});
}

bool is_lie(const codec::FrameReader::Next& frame)
{
    return frame.status == Status::bad_length || frame.status == Status::bad_frame;
}

} // namespace

void Link::received(std::size_t bytes, Now now)
{
    if (finishing_) return wipe(reader_.space().first(bytes));
    if (!frame_began_) frame_began_ = now.mono;
    reader_.received(bytes);
    for (auto frame = reader_.next(); !is_closed_ && !finishing_ && frame.status != Status::need_more;
         frame = reader_.next()) {
        if (is_lie(frame)) return take_lie(frame);
        last_frame_ = now.mono;
        management_.heard(now);
        if (frame.status == Status::message)
            take_frame(frame.message, TOLLGATE_PLANTED("deadline-from-last-byte") ? now.mono : *frame_began_,
                       now);
        else
            take_keep_alive(frame);
        frame_began_ = now.mono; // what stands behind this frame has come in this piece
    }
    if (finishing_ || !reader_.is_mid_frame()) frame_began_.reset();
    codec::overwrite_dead_stack(); // once a read: short values stood in the frames of what has decoded them
}

/// Nothing behind it can be read.
void Link::take_lie(const codec::FrameReader::Next& frame)
{
    const bool is_length = frame.status == Status::bad_length;
    settings_->counters->rejected(is_length ? Rejected::length : Rejected::garbage);
    note(is_length ? "frame_length_impossible" : "frame_broken",
         std::string(settings_->envelope.framing.rule->name) + ": " + std::string(frame.why));
    close(CloseReason::garbage);
}

/// Frames for session control are the network's own way to say that it is alive: they may come for ever.
void Link::take_keep_alive(const codec::FrameReader::Next& frame)
{
    if (frame.status == Status::empty && ++empty_frames_ > settings_->empty_frames_max)
        return finish(CloseReason::empty_frames);
    if (settings_->envelope.keep_alive == KeepAlive::echo)
        actions_.emplace_back(Reply{{frame.frame.begin(), frame.frame.end()}, std::nullopt});
}

void Link::take_frame(std::span<const std::uint8_t> frame, MonoTime first_byte, Now now)
{
    empty_frames_ = 0;
    tap_.saw(Direction::request, frame);
    TOLLGATE_CRASH_POINT("link_frame_complete");
    const auto header = codec::read_header(settings_->envelope.header, frame);
    if (!header) {
        settings_->counters->rejected(Rejected::header);
        note("header_impossible",
             "byte " + std::to_string(header.error().offset) + ": " + std::string(header.error().why));
        close(CloseReason::garbage);
    } else if (header->is_returned_message) {
        take_returned(frame.subspan(header->size));
    } else {
        header_ = codec::HeaderBytes(frame.first(header->size));
        take_message(frame.subspan(header->size), first_byte, now);
    }
    wipe(frame);
}

} // namespace net
