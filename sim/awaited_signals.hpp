/// Signals that a command waits for in its own time instead of being interrupted by them.
#pragma once

#include <chrono>
#include <initializer_list>

#include <signal.h>

namespace sim {

/// Make it before any thread: threads inherit what is blocked. The destructor lets them through again.
class AwaitedSignals {
public:
    AwaitedSignals(std::initializer_list<int> numbers)
    {
        ::sigemptyset(&set_);
        for (const int number : numbers) ::sigaddset(&set_, number);
        ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
    }
    ~AwaitedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    AwaitedSignals(const AwaitedSignals&) = delete;
    AwaitedSignals& operator=(const AwaitedSignals&) = delete;

    /// returns  the signal's number; 0 when none has come within `limit`
    [[nodiscard]] int wait(std::chrono::milliseconds limit) const
    {
        const timespec time{limit.count() / 1000, limit.count() % 1000 * 1'000'000};
        const int number = ::sigtimedwait(&set_, nullptr, &time);
        return number < 0 ? 0 : number;
    }

private:
    sigset_t set_{};
    sigset_t before_{};
};

/// While it lives the signal does nothing.
class IgnoredSignal {
public:
    explicit IgnoredSignal(int number) : number_(number), before_(::signal(number, SIG_IGN)) {}
    ~IgnoredSignal() { ::signal(number_, before_); }
    IgnoredSignal(const IgnoredSignal&) = delete;
    IgnoredSignal& operator=(const IgnoredSignal&) = delete;

private:
    int number_;
    void (*before_)(int);
};

} // namespace sim
