#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace net {

/// SHA-256. Thread-safe.
/// throws   std::runtime_error when OpenSSL has none
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view bytes);

/// SHA-256 of what comes piece by piece.
class Sha256 {
public:
    /// throws   std::runtime_error when OpenSSL fails, as all that follow
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(std::string_view bytes);
    /// Of all that was added, in lower-case hex. Nothing can be added afterwards.
    [[nodiscard]] std::string hex();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace net
