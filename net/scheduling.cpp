#include "net/scheduling.hpp"

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include <malloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace net {

namespace {

/// The first layout of the kernel's struct sched_attr: its own header contradicts the C library's.
struct Attributes {
    std::uint32_t size = sizeof(Attributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime_ns = 0;
    std::uint64_t deadline_ns = 0;
    std::uint64_t period_ns = 0;
};

} // namespace

void ask_for_slices_of(std::chrono::microseconds slice)
{
    constexpr pid_t self = 0;
    Attributes now;
    if (::syscall(SYS_sched_getattr, self, &now, sizeof now, 0) != 0 || now.policy != SCHED_OTHER) return;
    now.size = sizeof now;
    now.runtime_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(slice).count());
    (void)::syscall(SYS_sched_setattr, self, &now, 0);
}

void give_way()
{
    constexpr int steps = 10;
    const auto self = static_cast<id_t>(::gettid()); // on Linux each thread has its own
    (void)::setpriority(PRIO_PROCESS, self, ::getpriority(PRIO_PROCESS, self) + steps);
}

void free_without_pauses()
{
    (void)::mallopt(M_MXFAST, 0);
}

namespace {

void require(int error)
{
    if (error != 0) throw std::system_error(error, std::system_category(), "a processor of its own");
}

int last_of(const cpu_set_t& processors)
{
    int last = CPU_SETSIZE - 1;
    while (last > 0 && !CPU_ISSET(last, &processors)) --last;
    return last;
}

/// Those that are there, but for the calling one. Whoever may use nothing else stays, and whoever has ended
/// meanwhile is no mistake.
void keep_other_threads_off(int processor)
{
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        const pid_t thread = std::stoi(task.path().filename().string());
        cpu_set_t theirs;
        if (thread == ::gettid() || ::sched_getaffinity(thread, sizeof theirs, &theirs) != 0) continue;
        CPU_CLR(processor, &theirs);
        if (CPU_COUNT(&theirs) > 0) (void)::sched_setaffinity(thread, sizeof theirs, &theirs);
    }
}

} // namespace

OwnProcessor::OwnProcessor()
{
    cpu_set_t others;
    require(::pthread_getaffinity_np(::pthread_self(), sizeof others, &others));
    if (CPU_COUNT(&others) < 2)
        throw std::runtime_error("node.own_processor: this process may use one processor only");
    const int last = last_of(others);
    CPU_ZERO(&own_);
    CPU_SET(last, &own_);
    CPU_CLR(last, &others);
    keep_other_threads_off(last);
    require(::pthread_getattr_default_np(&usual_));
    pthread_attr_t elsewhere;
    require(::pthread_getattr_default_np(&elsewhere));
    const int error = ::pthread_attr_setaffinity_np(&elsewhere, sizeof others, &others);
    const int failure = error != 0 ? error : ::pthread_setattr_default_np(&elsewhere);
    ::pthread_attr_destroy(&elsewhere);
    require(failure);
}

OwnProcessor::~OwnProcessor()
{
    (void)::pthread_setattr_default_np(&usual_);
    ::pthread_attr_destroy(&usual_);
}

void OwnProcessor::take() const
{
    require(::pthread_setaffinity_np(::pthread_self(), sizeof own_, &own_));
}

} // namespace net
