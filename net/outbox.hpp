#pragma once

#include "net/ledger_queue.hpp"
#include "net/link_counters.hpp"
#include "net/link_tap.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace net {

/// An approval on its way to the kernel, shared by all replies that carry it. When the last of them is gone
/// and not one byte was handed over, the effect is undone (DOMAIN 3.10, own undo rule).
class Handover {
public:
    Handover(std::weak_ptr<LedgerQueue> queue, TicketPtr ticket)
        : queue_(std::move(queue)), ticket_(std::move(ticket))
    {
    }
    ~Handover();
    Handover(const Handover&) = delete;
    Handover& operator=(const Handover&) = delete;

    /// At least one byte has left, or may have.
    void begin() { has_begun_ = true; }

private:
    std::weak_ptr<LedgerQueue> queue_;
    TicketPtr ticket_;
    bool has_begun_ = false;
};

struct OutboxLimits {
    std::size_t bytes_max = 1 << 20;
    std::size_t frames_max = 20'000;
};

/// Frames waiting for the kernel, bounded: a peer that does not read costs no more than this.
class Outbox {
public:
    /// counters   of its link; none: what leaves is not counted
    /// tap        where what leaves is recorded
    explicit Outbox(OutboxLimits limits = {}, std::shared_ptr<LinkCounters> counters = nullptr,
                    ConnectionTap tap = {})
        : limits_(limits), counters_(std::move(counters)), tap_(std::move(tap))
    {
    }

    struct Entry {
        std::vector<std::uint8_t> frame;
        std::optional<MonoTime> cutoff; ///< an approval's: it must not begin to leave later
        std::shared_ptr<Handover> handover{};
        std::size_t sent = 0;
        std::optional<AnswerTag> tag{}; ///< what it is counted as
    };

    /// False when it is full; the entry is gone then.
    [[nodiscard]] bool push(Entry entry);
    /// Drops approvals whose cut-off has passed and of which no byte has left (row H10). How many.
    std::size_t drop_late(MonoTime now);
    /// What to hand over next, in order; valid until the next change.
    [[nodiscard]] std::vector<std::span<const std::uint8_t>> pieces() const;
    /// The kernel took this many bytes of them.
    void sent(std::size_t bytes);

    // TLS: bytes wait once more, inside a record, between the pieces and the kernel. A peer cannot read any
    // of a record before it has all of it, and nothing can be taken out of one.
    /// So many bytes of the pieces are in a record now. None may be waiting.
    void sealed(std::size_t bytes);
    /// The kernel took the last byte of the record.
    void record_left();
    /// The waiting record holds an approval whose cut-off has passed: none of it may leave any more.
    [[nodiscard]] bool is_record_late(MonoTime now) const
    {
        return !record_.empty() && record_cutoff_ <= now;
    }

    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    void clear();
    /// As clear(), but whoever calls destroys the frames.
    [[nodiscard]] std::deque<Entry> release();

private:
    template <class Show> void take(std::size_t bytes, Show show);
    void count_taken();

    OutboxLimits limits_;
    std::shared_ptr<LinkCounters> counters_;
    ConnectionTap tap_;
    std::deque<Entry> entries_;
    std::size_t bytes_ = 0;
    MonoTime next_cutoff_ = MonoTime::max();        ///< none of an entry is earlier; looked for again by then
    std::vector<std::shared_ptr<Handover>> record_; ///< of the approvals in the waiting record
    MonoTime record_cutoff_ = MonoTime::max();      ///< the first of theirs
    std::vector<AnswerTag> taken_;                  ///< of whole frames; counted when the kernel has them
    std::size_t taken_bytes_ = 0;
};

} // namespace net
