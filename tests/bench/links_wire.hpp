#pragma once

#include "tests/bench/links_server.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <span>

namespace bench {

/// One connection of the client's, over TCP or TLS.
class LinksWire {
public:
    /// What all TLS connections share; null for plain ones.
    using Context = std::shared_ptr<SSL_CTX>;
    [[nodiscard]] static Context context_of(Transport transport);

    /// Connects, and ends its handshake.
    /// throws   std::runtime_error when it is refused
    LinksWire(std::uint16_t port, SSL_CTX* context);
    ~LinksWire();
    LinksWire(const LinksWire&) = delete;
    LinksWire& operator=(const LinksWire&) = delete;

    [[nodiscard]] int fd() const { return fd_; }
    /// throws   std::runtime_error when the system does not take all of them at once
    void write(std::span<const std::uint8_t> bytes);
    /// All that is there now.
    /// space    as large as all that may be outstanding: what stays behind in TLS wakes no epoll
    /// returns  how many bytes; 0 when there are none
    /// throws   std::runtime_error when the connection has ended
    [[nodiscard]] std::size_t read(std::span<std::uint8_t> space);

private:
    int fd_ = -1;
    std::unique_ptr<SSL, void (*)(SSL*)> tls_{nullptr, SSL_free};
};

} // namespace bench
