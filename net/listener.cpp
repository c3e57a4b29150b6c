#include "net/listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>
#include <vector>

namespace net {

namespace asio = boost::asio;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{100}; ///< when the system has no descriptor left

} // namespace

Listener::Listener(const asio::any_io_executor& executor, const ListenerSettings& settings,
                   ConnectionContext context)
    : acceptor_(executor, settings.endpoint), pause_(executor), connections_max_(settings.connections_max),
      context_(std::make_shared<ConnectionContext>(std::move(context)))
{
}

void Listener::start()
{
    context_->on_closed = [weak = weak_from_this()](const std::shared_ptr<Connection>& connection) {
        if (const auto self = weak.lock()) self->closed(connection);
    };
    asio::co_spawn(
        acceptor_.get_executor(), [self = shared_from_this()] { return self->accept_loop(); },
        asio::detached);
}

asio::awaitable<void> Listener::accept_loop()
{
    const std::string& link = context_->link->name;
    while (acceptor_.is_open()) {
        auto [error, socket] = co_await acceptor_.async_accept(as_result);
        if (!acceptor_.is_open()) co_return;
        if (error) {
            const std::string why = error.message();
            context_->log->error("accept_failed", {{"link", link}, {"why", why}});
            pause_.expires_after(accept_pause);
            co_await pause_.async_wait(as_result);
        } else if (connections_.size() >= connections_max_) {
            context_->counters->connections_refused.add();
            context_->log->warning("too_many_connections", {{"link", link}});
        } else {
            const auto connection = std::make_shared<Connection>(std::move(socket), context_);
            connections_.insert(connection);
            connection->start();
        }
    }
}

void Listener::closed(const std::shared_ptr<Connection>& connection)
{
    connections_.erase(connection);
    if (connections_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

void Listener::drain(std::function<void()> on_empty)
{
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    on_empty_ = std::move(on_empty);
    // A copy: a connection with nothing in flight may end at once.
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) connection->drain();
    if (connections_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

void Listener::abandon()
{
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) connection->abandon("drain_timeout");
}

} // namespace net
