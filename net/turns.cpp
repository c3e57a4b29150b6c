#include "net/turns.hpp"

namespace net {

Turns::Turn Turns::wait()
{
    std::unique_lock lock(mutex_);
    const std::uint64_t number = ++last_;
    waiting_.push_back(number);
    for (;;) {
        const MonoTime now = std::chrono::steady_clock::now();
        const bool is_next = waiting_.front() == number;
        if (is_next && (current_ == 0 || now >= lost_at_)) {
            waiting_.pop_front();
            current_ = number;
            lost_at_ = now + longest_;
            if (!waiting_.empty()) changed_.notify_all(); // the next one waits for this turn's end
            return {this, number};
        }
        if (is_next)
            changed_.wait_until(lock, lost_at_);
        else
            changed_.wait(lock);
    }
}

void Turns::end(std::uint64_t number)
{
    {
        const std::lock_guard lock(mutex_);
        if (current_ != number) return; // lost meanwhile
        current_ = 0;
    }
    changed_.notify_all();
}

} // namespace net
