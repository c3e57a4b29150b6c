#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include <sys/stat.h>

namespace net {

namespace {

namespace fs = std::filesystem;

constexpr long certificate_bytes_max = 64 * 1024; ///< of a peer's whole chain

/// Ephemeral keys and authenticated encryption; what TLS 1.3 has is all of this kind.
constexpr const char* ciphers_of_v1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";

[[noreturn]] void refuse(const fs::path& file, const std::string& why)
{
    throw TlsError(file.string() + ": " + why);
}

/// OpenSSL's first reason, which is the cause of the others.
std::string reason_of_failure()
{
    const unsigned long code = ERR_peek_error();
    ERR_clear_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "OpenSSL gives no reason" : reason;
}

void check_readable(const fs::path& file, std::string_view key)
{
    if (file.empty()) throw TlsError("tls." + std::string(key) + " is missing");
    errno = 0;
    if (!std::ifstream(file).good()) refuse(file, std::string("cannot be read: ") + std::strerror(errno));
}

/// A passphrase is not asked for: nobody sits before a daemon.
int no_passphrase(char*, int, int, void*)
{
    return 0;
}

void set_rules(SSL_CTX* context, const TlsConfig& config)
{
    const bool only_v1_3 = config.minimum == TlsVersion::v1_3;
    SSL_CTX_set_min_proto_version(context, only_v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, ciphers_of_v1_2);
    SSL_CTX_set_security_level(context, 2); // 112 bits: RSA keys of 2048 bits, no SHA-1 signatures
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(context, certificate_bytes_max);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
}

std::chrono::sys_seconds moment_of(const ASN1_TIME* time)
{
    std::tm parts{};
    ASN1_TIME_to_tm(time, &parts);
    return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

/// returns  when our certificate ends
std::chrono::sys_seconds load_certificate(SSL_CTX* context, const fs::path& file)
{
    check_readable(file, "certificate_file");
    if (SSL_CTX_use_certificate_chain_file(context, file.c_str()) != 1)
        refuse(file, "is no certificate in PEM: " + reason_of_failure());
    const X509* const leaf = SSL_CTX_get0_certificate(context);
    if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0) refuse(file, "certificate is not yet valid");
    if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) refuse(file, "certificate has expired");
    return moment_of(X509_get0_notAfter(leaf));
}

void load_private_key(SSL_CTX* context, const TlsConfig& config)
{
    const fs::path& file = config.private_key_file;
    check_readable(file, "private_key_file");
    struct stat state {};
    if (::stat(file.c_str(), &state) == 0 && (state.st_mode & S_IRWXO) != 0)
        refuse(file, "can be read by others: chmod o-rwx");
    if (SSL_CTX_use_PrivateKey_file(context, file.c_str(), SSL_FILETYPE_PEM) != 1) {
        const std::string why = reason_of_failure();
        if (why == "key values mismatch")
            refuse(file, "is not the key of " + config.certificate_file.string());
        refuse(file, "is no private key in PEM without passphrase: " + why);
    }
    if (SSL_CTX_check_private_key(context) != 1)
        refuse(file, "is not the key of " + config.certificate_file.string());
}

void load_authorities(SSL_CTX* context, const fs::path& file, Role role)
{
    check_readable(file, "ca_file");
    if (SSL_CTX_load_verify_file(context, file.c_str()) != 1)
        refuse(file, "holds no certificate in PEM: " + reason_of_failure());
    if (role == Role::listen) SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file.c_str()));
}

/// Each certificate of a chain is looked up; without a list of its issuer, or with one that has expired, it
/// is refused.
void load_revocations(SSL_CTX* context, const fs::path& file)
{
    check_readable(file, "crl_file");
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) < 1)
        refuse(file, "holds no revocation list in PEM: " + reason_of_failure());
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

/// Names are compared whole: no wildcards, and never the subject.
void pin_names(SSL_CTX* context, const std::vector<std::string>& names)
{
    X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(rules,
                                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS);
    for (const std::string& name : names)
        if (!is_host_name(name) || X509_VERIFY_PARAM_add1_host(rules, name.data(), name.size()) != 1)
            throw TlsError("tls.peer_names: \"" + name + "\" is not a name");
}

int verify_mode(const TlsConfig& config, Role role)
{
    if (role == Role::connect || config.client_certificate)
        return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    return config.ca_file.empty() ? SSL_VERIFY_NONE : SSL_VERIFY_PEER; // one that is shown must be good
}

} // namespace

bool is_host_name(std::string_view name)
{
    const auto is_of_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    };
    return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), is_of_name);
}

TlsContext::TlsContext(TlsConfig config, Role role) : config_(std::move(config)), role_(role)
{
    ERR_clear_error();
    const SSL_METHOD* const method = role == Role::listen ? TLS_server_method() : TLS_client_method();
    context_.reset(SSL_CTX_new(method), SSL_CTX_free);
    SSL_CTX* const context = context_.get();
    if (context == nullptr) throw TlsError("OpenSSL: " + reason_of_failure());
    set_rules(context, config_);
    const bool shows_certificate = role == Role::listen || !config_.certificate_file.empty();
    if (shows_certificate) {
        expiry_ = load_certificate(context, config_.certificate_file);
        load_private_key(context, config_);
    }
    const int mode = verify_mode(config_, role);
    SSL_CTX_set_verify(context, mode, nullptr);
    if (mode != SSL_VERIFY_NONE) load_authorities(context, config_.ca_file, role);
    if (config_.crl_file) load_revocations(context, *config_.crl_file);
    if (role == Role::listen && config_.client_certificate && config_.peer_names.empty())
        throw TlsError("tls.peer_names is missing: any certificate of the CA would do");
    pin_names(context, config_.peer_names);
    ERR_clear_error();
}

} // namespace net
