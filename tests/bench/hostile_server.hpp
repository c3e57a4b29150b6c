#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/types.h>

namespace bench {

/// Where the server of a measurement listens.
struct HostilePorts {
    std::uint16_t plain = 0;
    std::uint16_t tls = 0;
};

/// The real server with its default limits and a ledger in memory, in a process of its own that ends with
/// this object. It has a link without TLS and one with, on loopback.
class HostileServer {
public:
    /// throws   std::runtime_error when it does not start
    HostileServer();
    ~HostileServer();
    HostileServer(const HostileServer&) = delete;
    HostileServer& operator=(const HostileServer&) = delete;

    [[nodiscard]] HostilePorts ports() const { return ports_; }
    [[nodiscard]] std::size_t open_descriptors() const;
    [[nodiscard]] double resident_kib() const;

private:
    pid_t pid_ = 0;
    HostilePorts ports_;
};

} // namespace bench
