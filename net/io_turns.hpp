#pragma once

#include "net/ticket.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <utility>

namespace net {

/// Who has the I/O thread next. Whoever has used little of its time lately is served at once. What all others
/// want done, those who send much, who have just come, and who go, stands in one queue, and little of it is
/// done between two looks at the sockets: they share what is left of the thread, and nobody else waits for
/// them. Lives on that thread. What still waits at its end is dropped.
class IoTurns {
public:
    using Duration = MonoTime::duration;
    using Work = std::function<void()>;

    static constexpr std::chrono::microseconds at_once_max{50}; ///< then the sockets are looked at
    static constexpr std::chrono::microseconds busy_for{500}; ///< behind such work, the thread counts as busy

    /// What one connection may use without waiting: an eighth of the thread's time, and at most so much at
    /// once. It begins with nothing.
    class Account {
    public:
        static constexpr int share = 8;
        static constexpr std::chrono::milliseconds most{1};

        explicit Account(MonoTime now) : seen_(now) {}

        [[nodiscard]] bool has_credit(MonoTime now)
        {
            credit_ = std::min<Duration>(credit_ + (now - seen_) / share, most);
            seen_ = now;
            return credit_ > Duration::zero();
        }
        void charge(Duration used) { credit_ = std::max<Duration>(credit_ - used, -most); }

    private:
        Duration credit_{0};
        MonoTime seen_; ///< when the credit was right
    };

    /// Lasts as long as the thread works for the account.
    class Spell {
    public:
        explicit Spell(Account& account) : account_(account), begin_(std::chrono::steady_clock::now()) {}
        ~Spell() { account_.charge(std::chrono::steady_clock::now() - begin_); }
        Spell(const Spell&) = delete;
        Spell& operator=(const Spell&) = delete;

    private:
        Account& account_;
        MonoTime begin_;
    };

    explicit IoTurns(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
    IoTurns(const IoTurns&) = delete;
    IoTurns& operator=(const IoTurns&) = delete;

    /// Waits until it is the caller's turn.
    boost::asio::awaitable<void> next();
    /// Does it when its turn has come. What throws then ends the loop of the thread.
    /// throws   std::bad_alloc; it is not done then
    void add(Work work);
    /// Behind whatever has woken another thread: if that one stands behind this one on the same processor,
    /// and this one is busy, it should not wait until all is done here.
    void let_others_run() const;

private:
    void do_some();

    boost::asio::any_io_executor executor_;
    std::deque<Work> waiting_;
    bool is_on_its_way_ = false; ///< do_some() is posted
    MonoTime last_worked_;       ///< when do_some() had something to do
};

} // namespace net
