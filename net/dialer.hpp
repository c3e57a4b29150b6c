#pragma once

#include "net/back_off.hpp"
#include "net/connection.hpp"
#include "net/link_config.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace net {

class Admission;

/// Keeps the connections of one link of role connect: as many sessions as it is told, each over the addresses
/// in turn, with a growing pause between the rounds. Lives on one thread.
class Dialer : public std::enable_shared_from_this<Dialer> {
public:
    /// admission  counts what is open; may be null
    Dialer(const boost::asio::any_io_executor& executor, const LinkConfig& link, ConnectionContext context,
           std::shared_ptr<Admission> admission);
    ~Dialer();
    Dialer(const Dialer&) = delete;
    Dialer& operator=(const Dialer&) = delete;

    void start();
    /// Dials no more, and ends each connection as the farewell says, all at once or in turn; `on_empty` is
    /// called, perhaps at once, when none is left.
    void drain(const Farewell& farewell, std::function<void()> on_empty);
    /// Closes what is left.
    void abandon();

private:
    struct Session;

    boost::asio::awaitable<void> keep_up(std::shared_ptr<Session> session);
    boost::asio::awaitable<std::optional<boost::asio::ip::tcp::socket>> dial(Session& session);
    boost::asio::awaitable<void> find(Session& session, const Endpoint& place);
    boost::asio::awaitable<void> connect(Session& session, boost::asio::ip::tcp::endpoint endpoint);
    boost::asio::awaitable<void> serve(Session& session, boost::asio::ip::tcp::socket& socket);
    void open(Session& session, boost::asio::ip::tcp::socket& socket);
    void drain_later(const std::shared_ptr<Session>& session, const Farewell& farewell,
                     std::chrono::milliseconds pause);
    void log_failure(const Session& session, std::string_view why);
    void closed(const std::shared_ptr<Connection>& connection);
    void say_if_empty();

    boost::asio::any_io_executor executor_;
    std::vector<Endpoint> addresses_;
    std::shared_ptr<ConnectionContext> context_;
    std::shared_ptr<Admission> admission_;
    std::vector<std::shared_ptr<Session>> sessions_;
    std::minstd_rand dice_{std::random_device{}()};
    std::function<void()> on_empty_;
    bool is_draining_ = false;
};

} // namespace net
