#pragma once

#include "authz/settled.hpp"

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

    /// Where to count from when nobody gives out ranges; below 2^62, so that it stays positive.
    [[nodiscard]] static std::uint64_t random_first();
    Deliveries(std::uint64_t first, authz::Time now);

    /// A number that no other frame of any node has.
    [[nodiscard]] std::uint64_t next() { return next_++; }
    /// For the ticket of a number that next() gave since the last settled().
    [[nodiscard]] const Mark& mark() const { return mark_; }

    /// Begins a new time: call it every second or so.
    [[nodiscard]] authz::Settled settled(authz::Time now);

private:
    struct Span {
        authz::Settled before; ///< its first number, and when it began
        std::weak_ptr<const void> mark;
    };

    std::uint64_t next_;
    authz::Settled before_; ///< the time of mark_
    Mark mark_;
    std::deque<Span> earlier_; ///< oldest first
};

} // namespace net
