#include "sim/import_stream.hpp"

#include "codec/decode.hpp"

#include <algorithm>
#include <utility>

namespace sim {

namespace {

using View = std::span<const std::uint8_t>;
using Status = codec::FrameReader::Status;

/// A stream in which so much is no message is something else.
constexpr std::uint64_t patience_bytes = 1UL << 20U;

/// The first record of a TLS connection: a handshake of version 3.x with a client's or a server's hello in
/// it.
bool is_tls(View bytes)
{
    return bytes.size() >= 6 && bytes[0] == 0x16 && bytes[1] == 3 && bytes[2] <= 4 &&
           (bytes[5] == 1 || bytes[5] == 2);
}

} // namespace

// --- FrameReaders

std::unique_ptr<codec::FrameReader> FrameReaders::take()
{
    if (idle_.empty()) return std::make_unique<codec::FrameReader>(framing_);
    auto reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
}

void FrameReaders::give_back(std::unique_ptr<codec::FrameReader> reader)
{
    constexpr std::size_t idle_max = 16;
    if (idle_.size() < idle_max) idle_.push_back(std::move(reader));
}

// --- MessageStream

void MessageStream::opened()
{
    mode_ = Mode::reading;
}

void MessageStream::bytes(View next)
{
    if (std::exchange(is_at_start_, false) && is_tls(next)) {
        mode_ = Mode::ignoring;
        why_ = "TLS: nothing of it can be read here";
    }
    if (mode_ == Mode::ignoring) {
        skipped_ += next.size();
        return;
    }
    if (mode_ == Mode::reading)
        read(next);
    else
        searched_.insert(searched_.end(), next.begin(), next.end());
    while (mode_ == Mode::searching && has_found(Rest::may_come)) read_found();
}

void MessageStream::gap(std::uint64_t missing_bytes)
{
    if (mode_ == Mode::ignoring) {
        skipped_ += missing_bytes;
        return;
    }
    break_off("between missing bytes and the next message");
    sink_.unread({missing_bytes, std::string(missing)});
}

void MessageStream::ended()
{
    break_off("a message that the capture ends in");
}

/// Leaves in searched_ what stands behind the place where the stream cannot be read on.
void MessageStream::read(View next)
{
    if (!reader_) reader_ = readers_.take();
    while (!next.empty()) {
        const auto space = reader_->space();
        const std::size_t size = std::min(space.size(), next.size());
        std::copy_n(next.begin(), size, space.begin());
        reader_->received(size);
        next = next.subspan(size);
        if (read_frames()) continue;
        searched_.insert(searched_.end(), next.begin(), next.end());
        return;
    }
    if (reader_->unread().empty()) readers_.give_back(std::move(reader_));
}

/// returns  false when the stream cannot be read on
bool MessageStream::read_frames()
{
    for (auto next = reader_->next(); next.status != Status::need_more; next = reader_->next()) {
        if (next.status == Status::bad_length || next.status == Status::bad_frame) {
            lose_track(std::string(next.why));
            return false;
        }
        if (next.status == Status::message) frame(next.message);
    }
    return true;
}

/// framed   header and message
void MessageStream::frame(View framed)
{
    const auto header = codec::read_header(form_.header, framed);
    if (!header) return sink_.unread({framed.size(), "header: " + std::string(header.error().why)});
    has_messages_ = true;
    sink_.message(framed.subspan(header->size));
}

/// What was not given out is searched for a message.
void MessageStream::lose_track(std::string why)
{
    mode_ = Mode::searching;
    why_ = std::move(why);
    if (!reader_) return;
    const View unread = reader_->unread();
    searched_.assign(unread.begin(), unread.end());
    reader_.reset();
}

/// Reads on at the message that has_found() found.
void MessageStream::read_found()
{
    const auto found = std::exchange(searched_, {});
    report_skipped();
    mode_ = Mode::reading;
    read(found);
}

/// What has come is not followed by what comes next. The frame that was waited for may never have been one:
/// bytes in a broken place read as a length want what they like, and whole messages may stand behind them.
void MessageStream::break_off(std::string why)
{
    if (mode_ == Mode::reading) lose_track(why);
    while (mode_ == Mode::searching && has_found(Rest::never_comes)) {
        read_found();
        if (mode_ == Mode::reading) lose_track(why);
    }
    skipped_ += searched_.size();
    searched_.clear();
    report_skipped();
}

/// Looks for the first place at which a whole message stands that decodes, and skips what is in front of it.
bool MessageStream::has_found(Rest rest)
{
    const auto is_nothing = [rest](Verdict verdict) {
        return verdict == Verdict::none || (verdict == Verdict::need_more && rest == Rest::never_comes);
    };
    std::size_t at = 0;
    auto verdict = Verdict::none;
    while (at < searched_.size() && is_nothing(verdict = verdict_at(at))) ++at;
    skipped_ += at;
    searched_.erase(searched_.begin(), searched_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!searched_.empty() && verdict == Verdict::message) return true;
    if (skipped_ > patience_bytes && !has_messages_) {
        mode_ = Mode::ignoring;
        why_ = "no message of this dialect and framing";
    }
    return false;
}

MessageStream::Verdict MessageStream::verdict_at(std::size_t at) const
{
    const View bytes = View(searched_).subspan(at);
    const codec::FrameRule& rule = *form_.framing.rule;
    // What a reader would say is asked only where the length can be one: most places have none.
    if (rule.length != codec::FrameRule::Length::none && bytes.size() >= rule.head_bytes()) {
        const auto number = codec::read_length(rule, bytes.data() + rule.before.size());
        if (!number || *number <= rule.also_counted || *number - rule.also_counted > form_.framing.limit())
            return Verdict::none;
        const View message = bytes.subspan(rule.head_bytes());
        const std::size_t size = std::min(message.size(), *number - rule.also_counted);
        if (size < *number - rule.also_counted && rule.mark != codec::FrameRule::Mark::fragments)
            return verdict_of(message.first(size), Verdict::need_more);
    }
    codec::FrameReader reader(form_.framing);
    for (View rest = bytes; !rest.empty();) {
        const auto space = reader.space();
        const std::size_t size = std::min(space.size(), rest.size());
        std::copy_n(rest.begin(), size, space.begin());
        reader.received(size);
        rest = rest.subspan(size);
        const auto next = reader.next();
        if (next.status == Status::message) return verdict_of(next.message, Verdict::none);
        if (next.status != Status::need_more) return Verdict::none;
    }
    return Verdict::need_more;
}

/// framed   header and message, maybe cut
/// if_cut   what to say of one that is right as far as it goes
MessageStream::Verdict MessageStream::verdict_of(View framed, Verdict if_cut) const
{
    const bool is_cut = if_cut == Verdict::need_more;
    if (is_cut && form_.header != codec::HeaderKind::none)
        return if_cut; // it may count what is not there yet
    const auto header = codec::read_header(form_.header, framed);
    if (!header) return Verdict::none;
    const auto decoded = codec::decode(*form_.dialect, framed.subspan(header->size));
    if (decoded) return is_cut ? Verdict::none : Verdict::message;
    return is_cut && decoded.error().code == codec::Errc::truncated ? if_cut : Verdict::none;
}

void MessageStream::report_skipped()
{
    if (skipped_ > 0) sink_.unread({std::exchange(skipped_, 0), why_});
}

} // namespace sim
