/// An address at which nobody says yes or no, as behind a firewall: a socket that listens, and whose queue of
/// connections is full. Linux drops what comes then.
#pragma once

#include "sim/wire.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <vector>

namespace test {

class DeafPort {
public:
    DeafPort()
    {
        using boost::asio::ip::tcp;
        const tcp::endpoint loopback(boost::asio::ip::address_v4::loopback(), 0);
        acceptor_.open(loopback.protocol());
        acceptor_.bind(loopback);
        acceptor_.listen(0);
        constexpr int more_than_the_queue_holds = 8;
        for (int i = 0; i < more_than_the_queue_holds; ++i) {
            waiting_.emplace_back(context_, loopback.protocol()).non_blocking(true);
            const tcp::endpoint to = acceptor_.local_endpoint();
            (void)::connect(waiting_.back().native_handle(), to.data(), // Asio's own waits in any case
                            static_cast<socklen_t>(to.size()));
        }
    }

    [[nodiscard]] sim::Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_{context_};
    std::vector<boost::asio::ip::tcp::socket> waiting_;
};

} // namespace test
