#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

namespace net {

/// The numbers of the frames that a process received, and up to which of them all is settled: answered,
/// undone, or silent without an effect (decision 0011). Every ticket keeps the mark of its time; a delivery
/// is settled when the last ticket that has to do with it, its undo included, is gone. That costs a message a
/// counter. For one thread, but the marks may end on any.
class Deliveries {
public:
    using Mark = std::shared_ptr<const void>;

    explicit Deliveries(std::uint64_t first);

    /// A number that no other frame of any node has.
    [[nodiscard]] std::uint64_t next() { return next_++; }
    /// For the ticket of a number that next() gave since the last settled().
    [[nodiscard]] const Mark& mark() const { return mark_; }

    /// Every number below is settled. Begins a new time: call it every second or so.
    [[nodiscard]] std::uint64_t settled();

private:
    struct Span {
        std::uint64_t first;
        std::weak_ptr<const void> mark;
    };

    std::uint64_t next_;
    std::uint64_t first_; ///< of the time of mark_
    Mark mark_;
    std::deque<Span> earlier_; ///< oldest first
};

} // namespace net
