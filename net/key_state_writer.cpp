#include "net/key_state_writer.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace net {

KeyStateWriter::~KeyStateWriter()
{
    stop();
}

void KeyStateWriter::write(KeyKeeping keeping, Told told)
{
    {
        const std::lock_guard lock(mutex_);
        orders_.push_back({std::move(keeping), std::move(told)});
    }
    changed_.notify_one();
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
}

void KeyStateWriter::stop()
{
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void KeyStateWriter::work()
{
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_stopping_ || !orders_.empty(); });
        if (orders_.empty()) return;
        Order order = std::move(orders_.front());
        orders_.pop_front();
        const bool is_last_word = is_stopping_;
        lock.unlock();
        const Kept how = keep(order.keeping);
        if (!is_last_word) boost::asio::post(executor_, [told = std::move(order.told), how] { told(how); });
        lock.lock();
    }
}

} // namespace net
