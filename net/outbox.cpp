#include "net/outbox.hpp"

#include "authz/test_build.hpp"

#include <algorithm>
#include <utility>

namespace net {

namespace {

constexpr std::size_t pieces_max = 64; ///< of one system call

} // namespace

Handover::~Handover()
{
    if (has_begun_ || TOLLGATE_PLANTED("undo-lost-with-connection")) return;
    if (const auto queue = queue_.lock()) queue->undo_unanswered(*ticket_);
}

bool Outbox::push(Entry entry)
{
    if (entries_.size() >= limits_.frames_max || bytes_ + entry.frame.size() > limits_.bytes_max)
        return false;
    bytes_ += entry.frame.size();
    if (entry.cutoff) next_cutoff_ = std::min(next_cutoff_, *entry.cutoff);
    entries_.push_back(std::move(entry));
    TOLLGATE_CRASH_POINT("outbox_pushed");
    return true;
}

std::size_t Outbox::drop_late(MonoTime now)
{
    if (now < next_cutoff_ || TOLLGATE_PLANTED("late-approval-not-dropped")) return 0;
    const auto is_late = [&](const Entry& entry) {
        return entry.sent == 0 && entry.cutoff && *entry.cutoff <= now;
    };
    const std::size_t before = entries_.size();
    std::erase_if(entries_, [&](const Entry& entry) {
        if (is_late(entry) && counters_) counters_->answers_late.add();
        if (is_late(entry)) bytes_ -= entry.frame.size();
        return is_late(entry);
    });
    next_cutoff_ = MonoTime::max();
    for (const Entry& entry : entries_)
        if (entry.sent == 0 && entry.cutoff) next_cutoff_ = std::min(next_cutoff_, *entry.cutoff);
    return before - entries_.size();
}

std::vector<std::span<const std::uint8_t>> Outbox::pieces() const
{
    std::vector<std::span<const std::uint8_t>> pieces;
    pieces.reserve(std::min(entries_.size(), pieces_max));
    for (const Entry& entry : entries_) {
        if (pieces.size() == pieces_max) break;
        pieces.push_back(std::span(entry.frame).subspan(entry.sent));
    }
    return pieces;
}

void Outbox::sent(std::size_t bytes)
{
    take(bytes, [](Entry& entry) {
        if (entry.handover && !TOLLGATE_PLANTED("undo-after-first-byte")) entry.handover->begin();
    });
    count_taken();
}

void Outbox::sealed(std::size_t bytes)
{
    take(bytes, [this](Entry& entry) {
        if (!entry.handover) return;
        record_.push_back(entry.handover);
        if (entry.cutoff && entry.sent == 0) record_cutoff_ = std::min(record_cutoff_, *entry.cutoff);
    });
}

void Outbox::record_left()
{
    for (const auto& handover : record_) handover->begin();
    record_.clear();
    record_cutoff_ = MonoTime::max();
    count_taken();
}

/// The kernel has it, and not only a record.
void Outbox::count_taken()
{
    if (counters_) {
        counters_->bytes_sent.add(taken_bytes_);
        const auto now = std::chrono::steady_clock::now();
        for (const AnswerTag& tag : taken_) counters_->sent(tag, now);
    }
    taken_bytes_ = 0;
    taken_.clear();
}

/// Takes so many bytes out and shows each entry of which there is one among them.
template <class Show> void Outbox::take(std::size_t bytes, Show show)
{
    bytes_ -= bytes;
    taken_bytes_ += bytes;
    while (bytes > 0) {
        Entry& entry = entries_.front();
        show(entry);
        const std::size_t part = std::min(bytes, entry.frame.size() - entry.sent);
        entry.sent += part;
        bytes -= part;
        if (entry.sent < entry.frame.size()) break;
        tap_.saw(Direction::answer, entry.frame);
        if (entry.tag) taken_.push_back(*entry.tag);
        entries_.pop_front();
    }
}

std::deque<Outbox::Entry> Outbox::release()
{
    auto entries = std::exchange(entries_, {});
    clear();
    return entries;
}

void Outbox::clear()
{
    entries_.clear();
    bytes_ = 0;
    next_cutoff_ = MonoTime::max();
    taken_.clear();
    taken_bytes_ = 0;
    record_.clear();
    record_cutoff_ = MonoTime::max();
}

} // namespace net
