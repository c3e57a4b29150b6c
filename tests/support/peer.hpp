#pragma once

#include "tests/support/wire.hpp"

#include <cstring>
#include <optional>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/// A plain blocking TCP client on loopback. Reads give up after ten seconds, so that a broken server fails a
/// test instead of hanging it.
class Peer {
public:
    /// Not connected yet.
    Peer() : fd_(::socket(AF_INET, SOCK_STREAM, 0))
    {
        const timeval limit{10, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    /// receive_buffer   bytes the kernel may keep for us; 0: its default
    /// source           last number of 127.0.0.x, where it comes from
    explicit Peer(std::uint16_t port, int receive_buffer = 0, std::uint8_t source = 1) : Peer()
    {
        if (receive_buffer > 0)
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        const sockaddr_in from = loopback(0, source);
        if (source != 1) ::bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from);
        connect(port);
    }
    /// throws   std::runtime_error
    void connect(std::uint16_t port) const
    {
        const sockaddr_in to = loopback(port, 1);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
            throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
    }
    ~Peer() { close(); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// False when the other side is gone.
    bool send(const wire::Bytes& bytes) const
    {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const auto n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (n <= 0) return false;
            sent += static_cast<std::size_t>(n);
        }
        return true;
    }
    bool send(const codec::Message& message) const { return send(wire::frame(message)); }

    /// One whole frame; nothing when the connection ended, or ten seconds passed.
    std::optional<wire::Bytes> read_frame() const
    {
        wire::Bytes header(2);
        if (!read(header)) return std::nullopt;
        wire::Bytes body(static_cast<std::size_t>(header[0] << 8 | header[1]));
        if (!read(body)) return std::nullopt;
        header.insert(header.end(), body.begin(), body.end());
        return header;
    }
    codec::Message ask(const codec::Message& request) const
    {
        if (!send(request)) return {};
        const auto answer = read_frame();
        return answer ? wire::unframe(*answer) : codec::Message{};
    }
    std::string code_of(const codec::Message& request) const { return std::string(ask(request).get(39)); }

    /// True when the server has ended the connection (not merely said nothing for ten seconds).
    bool is_ended() const
    {
        std::uint8_t byte = 0;
        const auto n = ::recv(fd_, &byte, 1, 0);
        return n == 0 || (n < 0 && errno == ECONNRESET);
    }
    /// As is_ended(), after whatever it still had to say.
    bool ends() const
    {
        std::uint8_t some[4'096];
        ssize_t n = 0;
        while ((n = ::recv(fd_, some, sizeof some, 0)) > 0) {
        }
        return n == 0 || errno == ECONNRESET;
    }
    void end_sending() const { ::shutdown(fd_, SHUT_WR); }
    /// Ends both sides at once: the server sees an error, not an orderly end.
    void reset()
    {
        const linger none{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close();
    }
    void close()
    {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    static sockaddr_in loopback(std::uint16_t port, std::uint8_t last)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xFFU) | last);
        return address;
    }
    bool read(wire::Bytes& bytes) const
    {
        std::size_t got = 0;
        while (got < bytes.size()) {
            const auto n = ::recv(fd_, bytes.data() + got, bytes.size() - got, 0);
            if (n <= 0) return false;
            got += static_cast<std::size_t>(n);
        }
        return true;
    }

    int fd_;
};
