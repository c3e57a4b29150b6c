#include "net/inherited_sockets.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/socket.h>

namespace net {

using boost::asio::ip::tcp;

namespace {

bool is_listening_stream(int socket)
{
    int type = 0;
    int is_listening = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) return false;
    size = sizeof is_listening;
    return ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) == 0 && is_listening != 0;
}

std::optional<tcp::endpoint> endpoint_of(int socket)
{
    tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    if (::getsockname(socket, endpoint.data(), &size) != 0) return std::nullopt;
    const int family = endpoint.data()->sa_family;
    if (family != AF_INET && family != AF_INET6) return std::nullopt;
    endpoint.resize(size);
    return endpoint;
}

} // namespace

bool InheritedSockets::add(Descriptor socket, std::string name)
{
    if (!is_listening_stream(socket.get())) return false;
    const auto endpoint = endpoint_of(socket.get());
    if (!endpoint) return false;
    ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
    sockets_.push_back({std::move(socket), std::move(name), *endpoint});
    return true;
}

void InheritedSockets::add(InheritedSockets&& others)
{
    std::ranges::move(others.sockets_, std::back_inserter(sockets_));
    others.sockets_.clear();
}

std::optional<Descriptor> InheritedSockets::take(const std::string& link, const tcp::endpoint& endpoint)
{
    const auto found = std::ranges::find_if(sockets_, [&](const Socket& socket) {
        if (endpoint.port() != 0) return socket.endpoint == endpoint;
        return socket.name == link && socket.endpoint.address() == endpoint.address();
    });
    if (found == sockets_.end()) return std::nullopt;
    Descriptor descriptor = std::move(found->descriptor);
    sockets_.erase(found);
    return descriptor;
}

} // namespace net
