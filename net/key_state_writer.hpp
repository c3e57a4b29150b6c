#pragma once

#include "net/key_state.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace net {

/// Keeps key states one after the other, on a thread of its own: a disk that takes its time holds up no
/// message. The thread begins with the first of them.
class KeyStateWriter {
public:
    /// executor   on which it is told what became of them
    explicit KeyStateWriter(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
    ~KeyStateWriter();
    KeyStateWriter(const KeyStateWriter&) = delete;
    KeyStateWriter& operator=(const KeyStateWriter&) = delete;

    using Told = std::function<void(Kept)>;
    void write(KeyKeeping keeping, Told told);
    /// Waits until all of it is written; nobody is told any more.
    void stop();

private:
    struct Order {
        KeyKeeping keeping;
        Told told;
    };

    void work();

    boost::asio::any_io_executor executor_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Order> orders_; ///< guarded by mutex_
    bool is_stopping_ = false; ///< guarded by mutex_
    std::thread thread_;
};

} // namespace net
