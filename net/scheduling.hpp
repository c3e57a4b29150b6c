#pragma once

#include <chrono>

#include <sched.h>
#include <sys/types.h>

namespace net {

/// What a thread wants to do before another one has its turn. A thread that works for a moment at a time, and
/// for which others wait, asks for little: once it has something to do it comes before threads that have
/// asked for more, or for nothing, a TLS handshake for example, which would otherwise end a slice of some
/// milliseconds first. It gets no more of the processor by that, and needs no right. Of the calling thread.
/// Nothing happens where the kernel cannot (before Linux 6.12), and in real-time classes. See
/// sched_setattr(2): sched_runtime of SCHED_OTHER.
/// slice   the kernel takes 0.1 to 100 ms
void ask_for_slices_of(std::chrono::microseconds slice);

/// The I/O thread may be busy without a pause. Who waits for an answer of the database is not, and comes
/// first.
constexpr std::chrono::microseconds io_slice{400};
constexpr std::chrono::microseconds worker_slice{100};

/// The calling thread gives way to those of usual priority, by ten steps of nice(2): where all want the same
/// processor it has a tenth of it. That is never nothing, as it may hold a lock that they want.
void give_way();

/// Makes the heap of this process join each small block that is freed with its neighbours at once. The C
/// library keeps such blocks apart otherwise, and joins all of them in the middle of some later request: that
/// takes a millisecond where a connection has left twenty thousand frames. See mallopt(3): M_MXFAST.
void free_without_pauses();

/// A processor for one thread of this process alone: the last of those that the thread which makes this may
/// use. That thread is left as it is. All others keep off the processor from now on, and new ones as long as
/// this lives. One at a time.
class OwnProcessor {
public:
    /// throws   std::runtime_error where there is no second one for all others, or the system refuses
    OwnProcessor();
    ~OwnProcessor();
    OwnProcessor(const OwnProcessor&) = delete;
    OwnProcessor& operator=(const OwnProcessor&) = delete;

    /// From now on the calling thread runs there.
    void take() const;

private:
    pthread_attr_t usual_; ///< of new threads
    cpu_set_t own_;
};

} // namespace net
