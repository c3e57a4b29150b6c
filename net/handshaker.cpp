#include "net/handshaker.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

namespace net {

namespace asio = boost::asio;

namespace {

template <class Call> std::exception_ptr failure_of(Call call)
{
    try {
        call();
    } catch (...) { // no memory, for example
        return std::current_exception();
    }
    return nullptr;
}

} // namespace

Handshaker::~Handshaker()
{
    thread_.stop();
    thread_.join();
}

asio::awaitable<void> Handshaker::go_on(TlsSession& session, asio::any_io_executor executor)
{
    const auto begin = [this, &session, executor](auto handler) {
        auto step = [&session, work = asio::make_work_guard(executor),
                     handler = std::move(handler)]() mutable {
            auto failure = failure_of([&] { session.shake_hands(); });
            auto end = [handler = std::move(handler), failure = std::move(failure)]() mutable {
                handler(std::move(failure));
            };
            asio::post(work.get_executor(), std::move(end));
        };
        asio::post(thread_, std::move(step));
    };
    using Signature = void(std::exception_ptr);
    co_await asio::async_initiate<const asio::use_awaitable_t<>, Signature>(begin, asio::use_awaitable);
}

} // namespace net
