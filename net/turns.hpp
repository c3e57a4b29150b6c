#pragma once

#include "net/ticket.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

namespace net {

/// Whose transaction is next, among the workers of one queue, while their batches are small. Side by side,
/// two of them would carry half as many requests each at the same cost of a transaction; one after the
/// other, the requests that come meanwhile gather. Who keeps a turn for too long loses it, so that one
/// account that cannot be had holds up no other worker. Thread-safe.
class Turns {
public:
    /// longest   how long the others wait for one turn
    explicit Turns(std::chrono::milliseconds longest) : longest_(longest) {}

    /// Lasts until it is destroyed.
    class Turn {
    public:
        Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), number_(other.number_) {}
        Turn& operator=(Turn&&) = delete;
        ~Turn()
        {
            if (turns_ != nullptr) turns_->end(number_);
        }

    private:
        friend Turns;
        Turn(Turns* turns, std::uint64_t number) : turns_(turns), number_(number) {}

        Turns* turns_;
        std::uint64_t number_;
    };
    /// Waits until all who came earlier have had theirs.
    [[nodiscard]] Turn wait();

private:
    void end(std::uint64_t number);

    const std::chrono::milliseconds longest_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::uint64_t> waiting_; ///< guarded by mutex_, in the order of arrival
    std::uint64_t last_ = 0;            ///< guarded by mutex_
    std::uint64_t current_ = 0;         ///< guarded by mutex_; 0: nobody's
    MonoTime lost_at_;                  ///< guarded by mutex_: of the current turn
};

} // namespace net
