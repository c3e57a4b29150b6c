#include "net/handshaker.hpp"

#include "net/scheduling.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

namespace net {

namespace asio = boost::asio;

namespace {

std::exception_ptr failure_of(const std::function<void()>& call)
{
    try {
        call();
    } catch (...) { // no memory, for example
        return std::current_exception();
    }
    return nullptr;
}

} // namespace

Handshaker::Handshaker()
{
    asio::post(thread_, give_way);
}

Handshaker::~Handshaker()
{
    thread_.stop();
    thread_.join();
}

asio::awaitable<void> Handshaker::go_on(TlsSession& session, asio::any_io_executor executor)
{
    return do_step([&session] { session.shake_hands(); }, std::move(executor));
}

asio::awaitable<void> Handshaker::catch_up(asio::any_io_executor executor)
{
    return do_step([] {}, std::move(executor));
}

asio::awaitable<void> Handshaker::do_step(std::function<void()> step, asio::any_io_executor executor)
{
    const auto begin = [this, &step, &executor](auto handler) {
        auto work = [this, step = std::move(step), guard = asio::make_work_guard(executor),
                     handler = std::move(handler)]() mutable {
            auto failure = failure_of(step);
            --waiting_;
            auto end = [handler = std::move(handler), failure = std::move(failure)]() mutable {
                handler(std::move(failure));
            };
            asio::post(guard.get_executor(), std::move(end));
        };
        ++waiting_;
        asio::post(thread_, std::move(work));
    };
    using Signature = void(std::exception_ptr);
    co_await asio::async_initiate<const asio::use_awaitable_t<>, Signature>(begin, asio::use_awaitable);
}

} // namespace net
