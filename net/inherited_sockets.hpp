#pragma once

#include "net/descriptor.hpp"
#include "net/link_config.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>
#include <vector>

namespace net {

/// Listening sockets that somebody else has bound: the service manager, the process before this one, or the
/// configuration before this one. Those that nobody takes are closed in the end.
class InheritedSockets {
public:
    /// One that is not a listening TCP socket is closed.
    /// name     of its link, as far as it is known
    /// returns  whether it is kept
    bool add(Descriptor socket, std::string name);
    /// All of the other's.
    void add(InheritedSockets&& others);

    /// The one for a link: it listens on the link's address, or, when the link takes any port, has its name
    /// and host.
    [[nodiscard]] std::optional<Descriptor> take(const std::string& link,
                                                 const boost::asio::ip::tcp::endpoint& endpoint);

    struct Socket {
        Descriptor descriptor;
        std::string name;
        boost::asio::ip::tcp::endpoint endpoint;
    };
    [[nodiscard]] const std::vector<Socket>& sockets() const { return sockets_; }

private:
    std::vector<Socket> sockets_;
};

} // namespace net
