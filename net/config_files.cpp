#include "net/config_files.hpp"

#include "net/server.hpp"

#include <fstream>
#include <iterator>

namespace net {

namespace {

/// For the merge with net/tls_context.hpp: all of this becomes `TlsContext(*link.tls, link.role)`, which
/// throws what is wrong with the certificates.
void open_certificates_until_there_is_tls_context(const LinkConfig& link)
{
    std::vector<std::filesystem::path> files = {link.tls->certificate_file, link.tls->private_key_file};
    if (!link.tls->ca_file.empty()) files.push_back(link.tls->ca_file);
    if (link.tls->crl_file) files.push_back(*link.tls->crl_file);
    for (const auto& path : files) {
        std::ifstream file(path);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        if (!file) throw std::runtime_error(path.string() + ": cannot be read");
        if (text.find("-----BEGIN ") == std::string::npos)
            throw std::runtime_error(path.string() + ": is not PEM");
    }
}

} // namespace

std::vector<std::string> check_link_files(const Config& config, const Tokenizer& tokenizer)
{
    std::vector<std::string> reasons;
    const auto attempt = [&](const LinkConfig& link, auto&& open) {
        try {
            open();
        } catch (const std::exception& error) {
            reasons.push_back("link \"" + link.name + "\": " + error.what());
        }
    };
    for (const LinkConfig& link : config.links) {
        attempt(link, [&] { (void)settings_of(link, config.cards, tokenizer); });
        if (link.tls) attempt(link, [&] { open_certificates_until_there_is_tls_context(link); });
    }
    return reasons;
}

} // namespace net
