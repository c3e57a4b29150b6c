#include "net/config_address.hpp"
#include "net/config_keys.hpp"
#include "net/tls_context.hpp"

namespace net {

using namespace std::chrono_literals;

namespace {

constexpr About required(std::string_view meaning, std::string_view example)
{
    return {meaning, Change::at_reload, example, Need::required};
}

bool is_readable_by_others(const std::filesystem::path& path)
{
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    return !error &&
           (status.permissions() & std::filesystem::perms::others_read) != std::filesystem::perms::none;
}

/// What a certificate can say of a host: its name, or its address without the interface it is reached by.
bool is_certifiable(const std::string& host)
{
    return is_host_name(host) || (is_address(host) && host.find('%') == std::string::npos);
}

ConfigKey<TlsConfig> private_key_key()
{
    auto key = file_key<TlsConfig>("private_key_file", &TlsConfig::private_key_file,
                                   required("its private key, PEM; not readable by others", "\"acq-a.key\""));
    key.read = [read = key.read](TlsConfig& tls, ConfigTables& tables, const std::string& name) {
        read(tls, tables, name);
        if (is_readable_by_others(tls.private_key_file))
            tables.complain(name, "is a file that others can read", "chmod o-rwx, and think about a new key");
    };
    return key;
}

} // namespace

ConfigKeys<TlsConfig> tls_keys()
{
    return {
        file_key<TlsConfig>("certificate_file", &TlsConfig::certificate_file,
                            required("our certificates, PEM, leaf first", "\"acq-a.crt\"")),
        private_key_key(),
        file_key<TlsConfig>("ca_file", &TlsConfig::ca_file,
                            {"who vouches for the peer, PEM; required unless client_certificate = false",
                             Change::at_reload, "\"acq-a-ca.pem\""}),
        file_key<TlsConfig>("crl_file", &TlsConfig::crl_file,
                            {"certificates that are revoked, PEM", Change::at_reload, "\"acq-a-crl.pem\""}),
        texts_key<TlsConfig>("peer_names", &TlsConfig::peer_names,
                             [](const std::string& text) { return !text.empty(); },
                             "must hold names, none of them empty",
                             {"the peer's certificate must carry one of these DNS names; role connect: "
                              "default is the host that "
                              "is dialled; role listen: required unless client_certificate = false",
                              Change::at_reload, "[\"acq-a.example\"]"}),
        flag_key<TlsConfig>("client_certificate", &TlsConfig::client_certificate,
                            {"role listen: false lets peers without a certificate in; needs \"allow\""}),
        word_key<TlsConfig>("minimum", &TlsConfig::minimum, {"1.2", "1.3"},
                            {"the oldest version of TLS that is spoken"}),
        duration_key<TlsConfig>("handshake_timeout", &TlsConfig::handshake_timeout, 100ms,
                                {"a whole handshake"}),
    };
}

void check_tls(const LinkConfig& link, ConfigTables& tables)
{
    const bool is_listening = link.role == Role::listen;
    const bool asks_for_certificate = !is_listening || link.tls->client_certificate;
    if (!is_listening && !link.tls->client_certificate)
        tables.complain("tls.client_certificate", "is for role = \"listen\" only");
    if (asks_for_certificate && !tables.has("tls.ca_file")) tables.complain("tls.ca_file", "is required");
    if (!asks_for_certificate && !tables.has("allow"))
        tables.complain("tls.client_certificate", "may only be false with \"allow\" in the link",
                        "name the networks that may connect");
    const bool has_names = !link.tls->peer_names.empty();
    if (is_listening && asks_for_certificate && !has_names)
        tables.complain("tls.peer_names",
                        "is required: the names in the certificates that may use this link");
    if (!asks_for_certificate && tables.has("tls.crl_file") && !tables.has("tls.ca_file"))
        tables.complain("tls.crl_file", "needs ca_file: without it no certificate of a peer is looked at");
    for (const Endpoint& at : link.addresses)
        if (!is_listening && !has_names && !is_certifiable(at.host))
            tables.complain("connect", "has a host that no certificate can name: \"" + at.host + "\"",
                            "give tls.peer_names");
    if (!asks_for_certificate && has_names)
        tables.complain("tls.peer_names", "needs client_certificate = true: who shows none has no name");
}

} // namespace net
