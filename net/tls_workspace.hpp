#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace net {

/// Room in which the TLS connections of one thread work, one after the other.
class TlsWorkspace {
public:
    /// What was read from a socket.
    [[nodiscard]] std::span<std::uint8_t> ciphertext();
    /// What goes into one record. Whoever wrote to it overwrites it.
    [[nodiscard]] std::span<std::uint8_t> plaintext();

private:
    std::vector<std::uint8_t> bytes_; ///< none before it is needed
};

} // namespace net
