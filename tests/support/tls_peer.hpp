#pragma once

#include "net/link_config.hpp"
#include "tests/support/peer.hpp"

#include <openssl/ssl.h>

#include <csignal>
#include <functional>
#include <memory>

/// A blocking TLS peer on loopback, made of bare OpenSSL.
class TlsPeer {
public:
    using Change = std::function<void(SSL_CTX*)>;

    /// A client that connects. Its handshake is done when this returns, as far as it can know.
    /// config   whose certificate is shown; the server's is not looked at
    /// source   as of Peer
    TlsPeer(std::uint16_t port, const net::TlsConfig& config, int receive_buffer = 0,
            const Change& change = {}, std::uint8_t source = 1)
        : peer_(port, receive_buffer, source), context_(make_context(TLS_client_method(), config)),
          ssl_(nullptr, SSL_free)
    {
        if (change) change(context_.get());
        make_ssl();
        SSL_connect(ssl_.get());
    }
    /// A server behind its accept, which looks at nobody's certificate.
    TlsPeer(Peer::Descriptor accepted, const net::TlsConfig& config)
        : peer_(accepted), context_(make_context(TLS_server_method(), config)), ssl_(nullptr, SSL_free)
    {
        make_ssl();
        SSL_accept(ssl_.get());
    }

    SSL* ssl() const { return ssl_.get(); }
    /// Below TLS.
    Peer& tcp() { return peer_; }
    const Peer& tcp() const { return peer_; }

    /// False when the other side is gone.
    bool send(const wire::Bytes& bytes) const
    {
        return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
    }
    bool send(const codec::Message& message) const { return send(wire::frame(message)); }
    /// One whole frame; nothing when the connection ended, or ten seconds passed.
    std::optional<wire::Bytes> read_frame() const
    {
        wire::Bytes frame(2);
        if (!read(frame, 0)) return std::nullopt;
        frame.resize(2 + static_cast<std::size_t>(frame[0] << 8 | frame[1]));
        if (!read(frame, 2)) return std::nullopt;
        return frame;
    }
    codec::Message ask(const codec::Message& request) const
    {
        if (!send(request)) return {};
        const auto answer = read_frame();
        return answer ? wire::unframe(*answer) : codec::Message{};
    }
    std::string code_of(const codec::Message& request) const { return std::string(ask(request).get(39)); }

    /// True when the server has said that nothing follows.
    bool is_closed() const
    {
        std::uint8_t byte = 0;
        return SSL_get_error(ssl_.get(), SSL_read(ssl_.get(), &byte, 1)) == SSL_ERROR_ZERO_RETURN;
    }
    /// True when an alert, or an end without one, has ended it.
    bool is_refused() const
    {
        std::uint8_t byte = 0;
        const int error = SSL_get_error(ssl_.get(), SSL_read(ssl_.get(), &byte, 1));
        return error == SSL_ERROR_SSL || (error == SSL_ERROR_SYSCALL && errno != EAGAIN);
    }
    /// Says that nothing follows, and goes on reading.
    void end_sending() const { SSL_shutdown(ssl_.get()); }

private:
    using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

    static Context make_context(const SSL_METHOD* method, const net::TlsConfig& config)
    {
        Context context(SSL_CTX_new(method), SSL_CTX_free);
        SSL_CTX_use_certificate_chain_file(context.get(), config.certificate_file.c_str());
        SSL_CTX_use_PrivateKey_file(context.get(), config.private_key_file.c_str(), SSL_FILETYPE_PEM);
        return context;
    }
    void make_ssl()
    {
        std::signal(SIGPIPE, SIG_IGN); // OpenSSL's sockets raise it
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), peer_.fd());
    }
    bool read(wire::Bytes& bytes, std::size_t from) const
    {
        while (from < bytes.size()) {
            const int n = SSL_read(ssl_.get(), bytes.data() + from, static_cast<int>(bytes.size() - from));
            if (n <= 0) return false;
            from += static_cast<std::size_t>(n);
        }
        return true;
    }

    Peer peer_;
    Context context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
};
