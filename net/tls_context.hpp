#pragma once

#include "net/link_config.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>

struct ssl_ctx_st; // OpenSSL's SSL_CTX

namespace net {

/// What a link's TLS is made of cannot be used: the text names the file and what is wrong with it.
struct TlsError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// True for what OpenSSL compares whole. An empty name would switch its check off, and one that begins with a
/// dot would stand for all names below it.
[[nodiscard]] bool is_host_name(std::string_view name);

/// Certificates, keys and rules of one link, loaded. TLS 1.2 or 1.3, forward secrecy and authenticated
/// encryption only; no renegotiation, compression, early data or resumption: whoever connects shows a
/// certificate each time, so that a revoked one cannot come back by an old session. Sessions keep what they
/// were made with. Not thread-safe: used and replaced by the I/O thread of its link.
class TlsContext {
public:
    /// Reads every file.
    /// config   without certificate_file a client shows none (links have one: config_tls.cpp demands it)
    /// role     of our side of the link: `listen` is the TLS server
    /// throws   TlsError; also when our own certificate has expired or is not valid yet, when it is not the
    ///          key's, and when nothing would say who the peer has to be
    TlsContext(TlsConfig config, Role role);

    /// Reads the files again: new sessions get what is in them now, open ones stay as they are.
    /// throws   TlsError, and nothing has changed then
    void reload() { *this = TlsContext(config_, role_); }

    [[nodiscard]] const TlsConfig& config() const { return config_; }
    [[nodiscard]] Role role() const { return role_; }
    /// When our own certificate ends; 1970 when there is none.
    [[nodiscard]] std::chrono::sys_seconds certificate_expiry() const { return expiry_; }

private:
    friend class TlsSession;

    TlsConfig config_;
    Role role_;
    std::shared_ptr<ssl_ctx_st> context_;
    std::chrono::sys_seconds expiry_{};
};

} // namespace net
