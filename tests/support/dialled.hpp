#pragma once

#include "tests/support/peer.hpp"

/// A network that is dialled: a port on loopback that takes connections, or refuses them.
class Dialled {
public:
    enum class Door : std::uint8_t { open, refusing };

    explicit Dialled(Door door = Door::open) : fd_(::socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        const timeval limit{10, 0}; // for accept()
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        const bool is_open = ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                             ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
                             (door == Door::refusing || ::listen(fd_, 16) == 0);
        if (!is_open) throw std::runtime_error(std::string("listen: ") + std::strerror(errno));
        port_ = ntohs(address.sin_port);
    }
    ~Dialled() { ::close(fd_); }
    Dialled(const Dialled&) = delete;
    Dialled& operator=(const Dialled&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// The next connection; throws when none comes within ten seconds.
    [[nodiscard]] Peer accept() const
    {
        const int fd = ::accept(fd_, nullptr, nullptr);
        if (fd < 0) throw std::runtime_error(std::string("accept: ") + std::strerror(errno));
        return Peer(Peer::Accepted{fd});
    }

private:
    int fd_;
    std::uint16_t port_ = 0;
};

/// Reads the request of the side that has dialled, and answers it.
/// returns  its DE70; empty when nothing came
inline std::string answer_next(const Peer& peer, const std::string& code = "00")
{
    const auto frame = peer.read_frame();
    if (!frame) return {};
    const auto request = wire::unframe(*frame);
    peer.send(wire::with(wire::as(request, "0810"), {{39, code}}));
    return std::string(request.get(70));
}
