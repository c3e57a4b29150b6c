#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace sim {

/// Takes one connection after the other until it is destroyed. When none can be taken, for want of
/// descriptors for example, it tries again after a pause; clients wait meanwhile. On the acceptor's executor.
class AcceptLoop {
public:
    using Error = boost::system::error_code;

    struct Events {
        std::function<void(boost::asio::ip::tcp::socket)> taken;
        std::function<void(const Error&)> paused{}; ///< once, until it goes on
        std::function<void()> goes_on{};
    };

    AcceptLoop(boost::asio::ip::tcp::acceptor acceptor, Events events);
    AcceptLoop(const AcceptLoop&) = delete;
    AcceptLoop& operator=(const AcceptLoop&) = delete;

    [[nodiscard]] const boost::asio::ip::tcp::acceptor& acceptor() const { return acceptor_; }

private:
    void accept();
    void pause(const Error& why);

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    Events events_;
    bool is_paused_ = false;
};

} // namespace sim
