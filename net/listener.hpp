#pragma once

#include "net/admission.hpp"
#include "net/allow_list.hpp"
#include "net/connection.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <unordered_set>

namespace net {

struct ListenerSettings {
    AllowList allow{};
    std::size_t connections_max = 256;
    bool is_tls = false;
};

/// Accepts the connections of one link, as far as it may, and keeps them until they end. Lives on one thread.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    /// acceptor   bound and listening; others may listen on the same socket
    Listener(boost::asio::ip::tcp::acceptor acceptor, ListenerSettings settings, ConnectionContext context,
             std::shared_ptr<Admission> admission);

    void start();
    /// Everything for the connections that come from now on; those that are there keep what they have.
    void change(ListenerSettings settings, ConnectionContext context);
    /// A descriptor may be free again.
    void wake();

    [[nodiscard]] boost::asio::ip::tcp::endpoint local_endpoint() const { return acceptor_.local_endpoint(); }
    [[nodiscard]] int native_handle() { return acceptor_.native_handle(); }
    /// Whether the kernel takes connections for us. Whoever has the same socket can end that.
    [[nodiscard]] bool is_listening();

    /// Accepts no more, and ends each connection as the farewell says, all at once or in turn; `on_empty` is
    /// called, perhaps at once, when none is left.
    void drain(const Farewell& farewell, std::function<void()> on_empty);
    /// Closes what is left.
    void abandon(std::string_view reason);

private:
    boost::asio::awaitable<void> accept_loop();
    boost::asio::awaitable<void> accept_one();
    boost::asio::awaitable<void> drain_in_turn();
    boost::asio::awaitable<void> pause(const boost::system::error_code& error);
    void log_failure(std::string_view why);
    /// returns  whether it may come in
    bool take(boost::asio::ip::tcp::socket socket);
    void refuse(boost::asio::ip::tcp::socket& socket, Admission::Refusal refusal);
    void closed(const std::shared_ptr<Connection>& connection);
    void say_if_empty();
    [[nodiscard]] std::vector<std::shared_ptr<Connection>> all() const;

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::endpoint peer_; ///< of the connection that is being accepted
    boost::asio::steady_timer pause_;
    boost::asio::steady_timer turn_; ///< of the next connection to end
    bool is_out_of_descriptors_ = false;
    bool is_at_the_door_ = false; ///< a connection, accepted and not taken in yet
    bool is_over_ = false;        ///< nobody is taken in any more
    ListenerSettings settings_;
    std::shared_ptr<const ConnectionContext> context_;
    std::shared_ptr<Admission> admission_;
    std::unordered_set<std::shared_ptr<Connection>> connections_;
    std::optional<Farewell> farewell_; ///< we drain
    std::function<void()> on_empty_;
};

} // namespace net
