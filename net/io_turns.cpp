#include "net/io_turns.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <thread>
#include <utility>

namespace net {

namespace asio = boost::asio;

asio::awaitable<void> IoTurns::next()
{
    const auto begin = [this](auto handler) { // which cannot be copied
        add([held = std::make_shared<decltype(handler)>(std::move(handler))] { (*held)(); });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(begin, asio::use_awaitable);
}

void IoTurns::add(Work work)
{
    waiting_.push_back(std::move(work));
    if (is_on_its_way_) return;
    try {
        asio::post(executor_, [this] { do_some(); });
    } catch (...) { // no memory: who asked is told, and the next one asks again
        waiting_.pop_back();
        throw;
    }
    is_on_its_way_ = true;
}

void IoTurns::let_others_run() const
{
    if (std::chrono::steady_clock::now() - last_worked_ < busy_for) std::this_thread::yield();
}

void IoTurns::do_some()
{
    last_worked_ = std::chrono::steady_clock::now();
    const auto end = last_worked_ + at_once_max;
    do {
        const Work work = std::move(waiting_.front());
        waiting_.pop_front();
        work();
    } while (!waiting_.empty() && std::chrono::steady_clock::now() < end);
    is_on_its_way_ = !waiting_.empty();
    if (is_on_its_way_) asio::post(executor_, [this] { do_some(); });
}

} // namespace net
