#include "tests/support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

#include <sys/stat.h>
#include <unistd.h>

namespace test {

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_new(const std::filesystem::path& path)
{
    std::filesystem::remove(path); // whoever reads it meanwhile keeps what was in it
    File file(std::fopen(path.c_str(), "w"), std::fclose);
    if (!file) throw std::runtime_error("cannot write " + path.string());
    return file;
}

void check(bool is_done, const char* what)
{
    if (!is_done) throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

void write_key(const std::filesystem::path& path, EVP_PKEY* key)
{
    const File file = open_new(path);
    ::fchmod(::fileno(file.get()), S_IRUSR | S_IWUSR);
    check(PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "write a key");
}

void write_certificate(const std::filesystem::path& path, X509* certificate)
{
    check(PEM_write_X509(open_new(path).get(), certificate) == 1, "write a certificate");
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& text)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, text.c_str());
    check(extension != nullptr, "make an extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

void set_name(X509_NAME* name, const std::string& text)
{
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text.c_str()),
                               -1, -1, 0);
}

/// A certificate without issuer, extensions and signature.
std::shared_ptr<X509> blank(EVP_PKEY* key, long serial, const Wish& wish)
{
    std::shared_ptr<X509> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wish.from.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.until.count());
    X509_set_pubkey(certificate.get(), key);
    set_name(X509_get_subject_name(certificate.get()), wish.subject);
    return certificate;
}

std::shared_ptr<EVP_PKEY> new_key()
{
    return {EVP_EC_gen("P-256"), EVP_PKEY_free};
}

} // namespace

PemFolder::PemFolder()
{
    std::string name = (std::filesystem::temp_directory_path() / "tollgate-tls-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder " + name);
    path_ = name;
}

PemFolder::~PemFolder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Authority::Authority(const PemFolder& folder, std::string name)
    : folder_(folder), name_(std::move(name)), root_(folder.file(name_ + ".crt")), key_(new_key())
{
    certificate_ = blank(key_.get(), 1, {.subject = "authority " + name_});
    X509* const root = certificate_.get();
    X509_set_issuer_name(root, X509_get_subject_name(root));
    add_extension(root, root, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(root, root, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(root, root, NID_subject_key_identifier, "hash");
    check(X509_sign(root, key_.get(), EVP_sha256()) > 0, "sign a root");
    write_certificate(root_, root);
}

Pair Authority::issue(const std::string& name, const Wish& wish)
{
    const Pair pair{folder_.file(name + ".crt"), folder_.file(name + ".key"), next_serial_++};
    const auto key = new_key();
    const auto certificate = blank(key.get(), pair.serial, wish);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
    if (!wish.names.empty())
        add_extension(certificate.get(), certificate_.get(), NID_subject_alt_name, wish.names);
    check(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0, "sign a certificate");
    write_certificate(pair.certificate, certificate.get());
    write_key(pair.key, key.get());
    return pair;
}

std::filesystem::path Authority::revoke(const std::vector<long>& serials, std::chrono::seconds until)
{
    const std::shared_ptr<X509_CRL> list(X509_CRL_new(), X509_CRL_free);
    const std::shared_ptr<ASN1_TIME> from(X509_gmtime_adj(nullptr, -7'200), ASN1_TIME_free);
    const std::shared_ptr<ASN1_TIME> end(X509_gmtime_adj(nullptr, until.count()), ASN1_TIME_free);
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate_.get()));
    X509_CRL_set1_lastUpdate(list.get(), from.get());
    X509_CRL_set1_nextUpdate(list.get(), end.get());
    for (const long serial : serials) {
        const std::shared_ptr<ASN1_INTEGER> number(ASN1_INTEGER_new(), ASN1_INTEGER_free);
        ASN1_INTEGER_set(number.get(), serial);
        X509_REVOKED* const revoked = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(revoked, number.get());
        X509_REVOKED_set_revocationDate(revoked, from.get());
        X509_CRL_add0_revoked(list.get(), revoked);
    }
    X509_CRL_sort(list.get());
    check(X509_CRL_sign(list.get(), key_.get(), EVP_sha256()) > 0, "sign a revocation list");
    const auto path = folder_.file(name_ + ".crl");
    check(PEM_write_X509_CRL(open_new(path).get(), list.get()) == 1, "write a revocation list");
    return path;
}

net::TlsConfig Parties::config_of(const Pair& pair, const std::string& peer_name) const
{
    net::TlsConfig config;
    config.certificate_file = pair.certificate;
    config.private_key_file = pair.key;
    config.ca_file = authority.root();
    if (!peer_name.empty()) config.peer_names = {peer_name};
    return config;
}

net::TlsConfig Parties::server_config() const
{
    return config_of(server, "network.test");
}

net::TlsConfig Parties::client_config() const
{
    return config_of(client, "tollgate.test");
}

Parties& parties()
{
    static Parties shared;
    return shared;
}

} // namespace test
