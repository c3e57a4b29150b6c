#pragma once

#include <stdexcept>

#include <sched.h>

namespace bench {

/// Whose turn it is on the processors. Attackers always have what is left, as if they were elsewhere.
enum class Turn {
    fair,  ///< the system's: what else the machine does is in the figures, too
    first, ///< server and honest client before everything else
};

/// Of the calling thread and of those that it begins.
/// rank     higher is earlier
/// throws   std::runtime_error when the system does not allow it
inline void take_turn(Turn turn, int rank)
{
    if (turn == Turn::fair) return;
    sched_param param{};
    param.sched_priority = rank;
    if (::sched_setscheduler(0, SCHED_RR, &param) != 0)
        throw std::runtime_error("no right to come first: be root, or leave out --first");
}

} // namespace bench
