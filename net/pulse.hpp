#pragma once

#include "net/ticket.hpp"

#include <chrono>

namespace net {

/// Whether an I/O thread has looked at its sockets all the time. Bytes wait in the kernel while the process
/// is frozen or the thread is held up, and nothing tells how long: what is read after such a gap is taken to
/// have come when the gap began, so that a deadline which counts from the first byte is never too generous
/// (DOMAIN 4.2).
class Pulse {
public:
    /// How often it wants to beat.
    static constexpr std::chrono::milliseconds interval{25};
    /// A longer pause between two beats is a gap.
    static constexpr std::chrono::milliseconds tolerated{100};

    explicit Pulse(MonoTime now) : last_(now), before_last_(now) {}

    void beat(MonoTime now)
    {
        before_last_ = last_;
        last_ = now;
    }

    /// The earliest moment at which bytes may have come that are read now. The first beat behind a gap may be
    /// quicker than the reads that waited with it: until the next beat these count as old, too.
    [[nodiscard]] MonoTime earliest_arrival(MonoTime now) const
    {
        if (now - last_ > tolerated) return last_;
        if (last_ - before_last_ > tolerated) return before_last_;
        return now;
    }

private:
    MonoTime last_;
    MonoTime before_last_;
};

} // namespace net
