#pragma once

#include "net/connection.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <unordered_set>

namespace net {

struct ListenerSettings {
    boost::asio::ip::tcp::endpoint endpoint;
    std::size_t connections_max = 256;
};

/// Accepts the connections of one link and keeps them until they end. Lives on one thread.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    /// throws   boost::system::system_error when the address cannot be bound
    Listener(const boost::asio::any_io_executor& executor, const ListenerSettings& settings,
             ConnectionContext context);

    void start();
    [[nodiscard]] boost::asio::ip::tcp::endpoint local_endpoint() const { return acceptor_.local_endpoint(); }

    /// Accepts no more and lets every connection finish; `on_empty` is called, perhaps at once, when none is
    /// left.
    void drain(std::function<void()> on_empty);
    /// Closes what is left.
    void abandon();

private:
    boost::asio::awaitable<void> accept_loop();
    void closed(const std::shared_ptr<Connection>& connection);

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    std::size_t connections_max_;
    std::shared_ptr<ConnectionContext> context_;
    std::unordered_set<std::shared_ptr<Connection>> connections_;
    std::function<void()> on_empty_;
};

} // namespace net
