#pragma once

#include "net/tls_context.hpp"
#include "net/tls_records.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st; // OpenSSL's SSL

namespace net {

/// Why a TLS connection ended; in the log and in the metrics as name_of() says it.
enum class TlsFailure : std::uint8_t {
    handshake_timeout,
    no_certificate,      ///< the peer has shown none
    bad_certificate,     ///< expired, revoked, of another CA, ...
    wrong_name,          ///< a good certificate of somebody else
    old_version,         ///< the peer speaks no version that we do
    not_tls,             ///< its first bytes are no TLS
    handshake_too_large, ///< more bytes than a handshake needs
    error,               ///< anything else: the text says it
};
[[nodiscard]] std::string_view name_of(TlsFailure failure);

/// One side of one TLS connection: ciphertext in and plaintext out, plaintext in and ciphertext out. No I/O
/// and no clock, so that every handshake is tested without sockets. Idle it holds no buffers.
///
///     session.received(bytes from the peer); while (n = session.read(space)) take(space, n);
///     if (session.ciphertext().empty() && session.is_open()) session.write(plaintext);
///     session.sent(socket.write(session.ciphertext()));
class TlsSession {
public:
    /// The most that goes into one record.
    static constexpr std::size_t record_bytes_max = 16 * 1024;
    /// What a peer may send before the handshake is done.
    static constexpr std::size_t handshake_bytes_max = 64 * 1024;
    /// What it may send afterwards without one byte for us, and what we let wait for it.
    static constexpr std::size_t silent_bytes_max = 64 * 1024;

    /// A client's first message is in ciphertext() at once.
    /// dialled_host   name or address to which a client has connected; it is sent to the server when it is a
    ///                name, and it is what the certificate must say when the configuration pins no name
    /// throws         TlsError when a client would take any certificate
    explicit TlsSession(const TlsContext& context, std::string_view dialled_host = {});
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    /// Bytes from the peer. They must stay where they are until read() has given 0 or ignore_input() is
    /// called.
    /// returns  how many were taken: all of them, or those up to the end of the record that had begun before
    std::size_t received(std::span<const std::uint8_t> bytes);
    /// Goes on with the handshake, and decrypts nothing. From any thread, as long as no other is in the
    /// session.
    void shake_hands();
    /// Goes on with the handshake and decrypts.
    /// returns  how many bytes of plaintext there are now; 0: there are no more
    std::size_t read(std::span<std::uint8_t> space);
    /// Puts plaintext into one record behind ciphertext().
    /// plaintext   1 to record_bytes_max bytes; the session must be open
    void write(std::span<const std::uint8_t> plaintext);
    /// Drops what was received and not read.
    void ignore_input() { input_ = {}; }
    /// Tells the peer that nothing follows.
    void close();

    /// What the peer is to get next; valid until the next call of a function that is not const.
    [[nodiscard]] std::span<const std::uint8_t> ciphertext() const;
    void sent(std::size_t bytes);

    /// The handshake is done, the peer is who it has to be.
    [[nodiscard]] bool is_open() const { return is_open_ && !failure_; }
    /// We have said that nothing follows.
    [[nodiscard]] bool has_closed() const { return has_closed_; }
    /// The peer has said that nothing follows. Without that, the end of its stream is none that it has said.
    [[nodiscard]] bool has_peer_closed() const { return has_peer_closed_; }
    /// Nothing is read or written any more; what ciphertext() has tells the peer why.
    [[nodiscard]] std::optional<TlsFailure> failure() const { return failure_; }
    /// In words, without anything that the peer wrote.
    [[nodiscard]] const std::string& failure_text() const { return failure_text_; }
    [[nodiscard]] bool is_mid_record() const { return records_.is_mid_record(); }

    /// Of an open session, for the log: "TLSv1.3", "TLS_AES_256_GCM_SHA384", and the name that matched (empty
    /// when no name is pinned).
    [[nodiscard]] std::string_view version() const;
    [[nodiscard]] std::string_view cipher() const;
    [[nodiscard]] std::string_view peer_name() const;

private:
    friend struct TlsPipe;

    void pin_host(const TlsContext& context, std::string_view host);
    void note_progress();
    void fail_if_too_large();
    void fail(TlsFailure failure, std::string text);
    void fail_as_openssl_says();

    std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
    std::span<const std::uint8_t> input_; ///< received and not decrypted yet
    std::vector<std::uint8_t> output_;
    std::size_t output_sent_ = 0;
    TlsRecords records_;
    std::size_t silent_bytes_ = 0; ///< received since the last plaintext
    bool is_open_ = false;
    bool has_closed_ = false;
    bool has_peer_closed_ = false;
    std::optional<TlsFailure> failure_;
    std::string failure_text_;
};

} // namespace net
