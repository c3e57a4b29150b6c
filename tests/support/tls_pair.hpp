/// Two sides of a TLS connection without sockets, and a client that does what ours never would.
#pragma once

#include "net/tls_session.hpp"
#include "tests/support/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>

namespace test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes bytes_of(std::string_view text)
{
    return {text.begin(), text.end()};
}

/// Gives bytes to a session in pieces and adds to `plaintext` what comes out.
inline void feed(net::TlsSession& session, const Bytes& bytes, Bytes& plaintext,
                 std::size_t piece = std::size_t{32} << 10)
{
    std::array<std::uint8_t, 4'096> space{};
    for (std::size_t at = 0; at < bytes.size();) {
        at += session.received(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
        while (const std::size_t size = session.read(space))
            plaintext.insert(plaintext.end(), space.begin(),
                             space.begin() + static_cast<std::ptrdiff_t>(size));
    }
}

/// All that a session has for its peer.
inline Bytes drain(net::TlsSession& session)
{
    const auto waiting = session.ciphertext();
    Bytes bytes(waiting.begin(), waiting.end());
    session.sent(bytes.size());
    return bytes;
}

/// Two sessions of ours, joined.
struct SessionPair {
    SessionPair(const net::TlsContext& server_context, const net::TlsContext& client_context,
                std::string_view host = "tollgate.test")
        : server(server_context), client(client_context, host)
    {
    }

    /// Carries bytes, so many at a time, until none is left.
    void carry(std::size_t piece = std::size_t{32} << 10)
    {
        while (!server.ciphertext().empty() || !client.ciphertext().empty()) {
            feed(server, drain(client), at_server, piece);
            feed(client, drain(server), at_client, piece);
        }
    }

    net::TlsSession server;
    net::TlsSession client;
    Bytes at_server; ///< plaintext that has come there
    Bytes at_client;
};

/// A client made of bare OpenSSL, which obeys no rule of ours.
class RawClient {
public:
    using Change = std::function<void(SSL_CTX*)>;

    /// change   what is unusual about it
    explicit RawClient(const net::TlsConfig& config, const Change& change = {})
        : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free)
    {
        SSL_CTX_use_certificate_chain_file(context_.get(), config.certificate_file.c_str());
        SSL_CTX_use_PrivateKey_file(context_.get(), config.private_key_file.c_str(), SSL_FILETYPE_PEM);
        if (change) change(context_.get());
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl_.get());
    }

    SSL* ssl() { return ssl_.get(); }

    /// What it has for its peer.
    Bytes drain()
    {
        Bytes bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())));
        if (!bytes.empty()) BIO_read(SSL_get_wbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    void take(const Bytes& bytes)
    {
        if (!bytes.empty()) BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    }
    void write(const Bytes& plaintext)
    {
        SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(plaintext.size()));
    }

    /// Handshakes with a session until nothing moves.
    /// returns  what of our plaintext has come to the session
    Bytes shake_hands(net::TlsSession& server)
    {
        Bytes plaintext;
        for (;;) {
            const bool is_done = SSL_do_handshake(ssl_.get()) == 1;
            const Bytes out = drain();
            feed(server, out, plaintext);
            take(test::drain(server));
            if (is_done || out.empty()) return plaintext;
        }
    }

private:
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
};

} // namespace test
