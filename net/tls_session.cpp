#include "net/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace net {

/// OpenSSL's socket: reads what was received, writes to what is to be sent.
struct TlsPipe {
    static TlsSession& session_of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* to, std::size_t size, std::size_t* bytes)
    {
        auto& input = session_of(bio).input_;
        BIO_clear_retry_flags(bio);
        *bytes = std::min(size, input.size());
        if (*bytes == 0) {
            BIO_set_retry_read(bio);
            return 0;
        }
        std::memcpy(to, input.data(), *bytes);
        input = input.subspan(*bytes);
        return 1;
    }
    static int write(BIO* bio, const char* from, std::size_t size, std::size_t* bytes)
    {
        auto& output = session_of(bio).output_;
        BIO_clear_retry_flags(bio);
        const auto* const first = reinterpret_cast<const std::uint8_t*>(from);
        output.insert(output.end(), first, first + size);
        *bytes = size;
        return 1;
    }
    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
    static int create(BIO* bio)
    {
        BIO_set_init(bio, 1);
        return 1;
    }

    static const BIO_METHOD* method()
    {
        static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> pipe(make_method(), BIO_meth_free);
        return pipe.get();
    }

private:
    static BIO_METHOD* make_method()
    {
        BIO_METHOD* const pipe = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tollgate session");
        if (pipe == nullptr) throw std::bad_alloc();
        BIO_meth_set_read_ex(pipe, read);
        BIO_meth_set_write_ex(pipe, write);
        BIO_meth_set_ctrl(pipe, control);
        BIO_meth_set_create(pipe, create);
        return pipe;
    }
};

namespace {

TlsFailure failure_of_certificate(long verdict)
{
    switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return TlsFailure::wrong_name;
    default:
        return TlsFailure::bad_certificate;
    }
}

TlsFailure failure_of_reason(int reason)
{
    switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return TlsFailure::no_certificate;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return TlsFailure::old_version;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return TlsFailure::not_tls;
    default:
        return TlsFailure::error;
    }
}

std::string_view text_or_empty(const char* text)
{
    return text == nullptr ? std::string_view{} : std::string_view(text);
}

} // namespace

std::string_view name_of(TlsFailure failure)
{
    switch (failure) {
    case TlsFailure::handshake_timeout:
        return "tls_handshake_timeout";
    case TlsFailure::no_certificate:
        return "tls_no_certificate";
    case TlsFailure::bad_certificate:
        return "tls_bad_certificate";
    case TlsFailure::wrong_name:
        return "tls_wrong_name";
    case TlsFailure::old_version:
        return "tls_old_version";
    case TlsFailure::not_tls:
        return "tls_not_tls";
    case TlsFailure::handshake_too_large:
        return "tls_handshake_too_large";
    case TlsFailure::error:
        break;
    }
    return "tls_error";
}

TlsSession::TlsSession(const TlsContext& context, std::string_view dialled_host)
    : ssl_(SSL_new(context.context_.get()), SSL_free)
{
    BIO* const pipe = ssl_ ? BIO_new(TlsPipe::method()) : nullptr;
    if (pipe == nullptr) throw std::bad_alloc();
    BIO_set_data(pipe, this);
    SSL_set_bio(ssl_.get(), pipe, pipe);
    if (context.role() == Role::listen) {
        SSL_set_accept_state(ssl_.get());
    } else {
        pin_host(context, dialled_host);
        SSL_set_connect_state(ssl_.get());
        SSL_do_handshake(ssl_.get());
    }
}

TlsSession::~TlsSession() = default;

void TlsSession::pin_host(const TlsContext& context, std::string_view host)
{
    const std::string name(host);
    X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl_.get());
    const bool is_pinned = !context.config().peer_names.empty();
    const std::unique_ptr<ASN1_OCTET_STRING, void (*)(ASN1_OCTET_STRING*)> address(
        a2i_IPADDRESS(name.c_str()), ASN1_OCTET_STRING_free);
    ERR_clear_error();
    if (!address && is_host_name(name)) SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
    if (is_pinned) return;
    if (!address && !is_host_name(name)) throw TlsError("\"" + name + "\" is not a name");
    const int is_set = address ? X509_VERIFY_PARAM_set1_ip(rules, ASN1_STRING_get0_data(address.get()),
                                                           ASN1_STRING_length(address.get()))
                               : X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size());
    if (is_set != 1) throw TlsError("\"" + name + "\" cannot be looked for in a certificate");
}

std::size_t TlsSession::received(std::span<const std::uint8_t> bytes)
{
    assert(input_.empty());
    const std::size_t taken = records_.take(bytes);
    if (failure_ || has_peer_closed_) return taken; // nobody reads it any more
    silent_bytes_ += taken;
    if (!records_.may_be_tls())
        fail(TlsFailure::not_tls, "the first bytes are no TLS");
    else
        input_ = bytes.first(taken);
    return taken;
}

void TlsSession::shake_hands()
{
    if (failure_ || has_peer_closed_ || is_open_) return;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    note_progress();
    if (result == 1) return;
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return fail_if_too_large();
    fail_as_openssl_says();
}

std::size_t TlsSession::read(std::span<std::uint8_t> space)
{
    if (failure_ || has_peer_closed_) return 0;
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_.get(), space.data(), space.size(), &bytes);
    note_progress();
    if (result == 1) {
        silent_bytes_ = 0;
        return bytes;
    }
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
        fail_if_too_large();
        if (is_open_ && (silent_bytes_ > silent_bytes_max || ciphertext().size() > silent_bytes_max))
            fail(TlsFailure::error, "too many records without data");
        break;
    case SSL_ERROR_ZERO_RETURN:
        has_peer_closed_ = true;
        ignore_input();
        break;
    default:
        fail_as_openssl_says();
    }
    return 0;
}

void TlsSession::write(std::span<const std::uint8_t> plaintext)
{
    assert(is_open() && !plaintext.empty() && plaintext.size() <= record_bytes_max);
    ERR_clear_error();
    std::size_t bytes = 0;
    if (SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &bytes) != 1) fail_as_openssl_says();
}

void TlsSession::close()
{
    ignore_input();
    if (is_open() && !std::exchange(has_closed_, true)) SSL_shutdown(ssl_.get());
}

std::span<const std::uint8_t> TlsSession::ciphertext() const
{
    return std::span(output_).subspan(output_sent_);
}

void TlsSession::sent(std::size_t bytes)
{
    output_sent_ += bytes;
    if (output_sent_ < output_.size()) return;
    output_ = {}; // an idle session keeps nothing
    output_sent_ = 0;
}

std::string_view TlsSession::version() const
{
    return text_or_empty(SSL_get_version(ssl_.get()));
}

std::string_view TlsSession::cipher() const
{
    return text_or_empty(SSL_get_cipher_name(ssl_.get()));
}

std::string_view TlsSession::peer_name() const
{
    return text_or_empty(SSL_get0_peername(ssl_.get()));
}

void TlsSession::note_progress()
{
    if (is_open_ || !SSL_is_init_finished(ssl_.get())) return;
    is_open_ = true;
    silent_bytes_ = 0;
}

void TlsSession::fail_if_too_large()
{
    if (!is_open_ && silent_bytes_ > handshake_bytes_max)
        fail(TlsFailure::handshake_too_large, "too many bytes before the end of the handshake");
}

void TlsSession::fail(TlsFailure failure, std::string text)
{
    failure_ = failure;
    failure_text_ = std::move(text);
    ignore_input();
}

void TlsSession::fail_as_openssl_says()
{
    const unsigned long code = ERR_peek_error();
    ERR_clear_error();
    const int reason = ERR_GET_REASON(code);
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        const long verdict = SSL_get_verify_result(ssl_.get());
        return fail(failure_of_certificate(verdict), X509_verify_cert_error_string(verdict));
    }
    const char* const text = ERR_reason_error_string(code);
    const auto failure = ERR_GET_LIB(code) == ERR_LIB_SSL ? failure_of_reason(reason) : TlsFailure::error;
    fail(failure, text == nullptr ? "OpenSSL gives no reason" : text);
}

} // namespace net
