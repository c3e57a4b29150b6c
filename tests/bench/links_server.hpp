#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/types.h>

namespace bench {

/// What stands behind the port.
enum class Host {
    tollgate,   ///< the real server; a ledger in memory approves at once
    echo,       ///< bare Asio (links_echo.hpp): all frames of a read are written back together
    frame_echo, ///< bare Asio: each frame is read and written back for itself
};

/// How bytes travel. TLS is mutual, in the version and with the ciphers that both sides like best.
enum class Transport { plain, tls };

/// What is measured.
struct Subject {
    Host host = Host::tollgate;
    Transport transport = Transport::plain;
};

/// A server in a process of its own, ended with this object. Its port is on loopback.
class LinksServer {
public:
    /// connections_max   more are refused
    /// throws   std::runtime_error when it does not start
    LinksServer(Subject subject, std::size_t connections_max);
    ~LinksServer();
    LinksServer(const LinksServer&) = delete;
    LinksServer& operator=(const LinksServer&) = delete;

    [[nodiscard]] Subject subject() const { return subject_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// Used so far by all its threads.
    [[nodiscard]] double cpu_seconds() const;
    [[nodiscard]] double resident_kib() const;

private:
    Subject subject_;
    pid_t pid_ = 0;
    std::uint16_t port_ = 0;
};

/// First digits of the cards that the tollgate takes for its own.
inline constexpr const char* links_bin = "476173";

} // namespace bench
