#include "sim/target_options.hpp"

#include "net/key_file.hpp"
#include "net/tls_context.hpp"
#include "sim/message_seal.hpp"
#include "sim/sign_on.hpp"

#include <CLI/CLI.hpp>

#include <map>
#include <stdexcept>

namespace sim {

namespace {

const std::map<std::string, codec::MacAlgorithm> mac_algorithms{
    {"retail", codec::MacAlgorithm::retail},
    {"cbc-3des", codec::MacAlgorithm::cbc_3des},
    {"aes-cmac", codec::MacAlgorithm::aes_cmac},
    {"hmac-sha256", codec::MacAlgorithm::hmac_sha256}};

std::vector<std::string> mac_algorithm_names()
{
    std::vector<std::string> names;
    for (const auto& [name, algorithm] : mac_algorithms) names.push_back(name);
    return names;
}

bool speaks_tls(const TargetOptions& options)
{
    return !options.tls_ca.empty() || !options.tls_certificate.empty() || !options.tls_key.empty() ||
           !options.tls_name.empty();
}

void check_tls(const TargetOptions& options, ReachFrom from)
{
    if (options.tls_certificate.empty() != options.tls_key.empty())
        throw std::invalid_argument("--tls-certificate and --tls-key belong together");
    if (from == ReachFrom::client && options.tls_ca.empty())
        throw std::invalid_argument("TLS needs --tls-ca FILE: who vouches for the server");
    if (from == ReachFrom::server && options.tls_certificate.empty())
        throw std::invalid_argument("who listens with TLS needs --tls-certificate and --tls-key");
    if (from == ReachFrom::server && options.tls_ca.empty() != options.tls_name.empty())
        throw std::invalid_argument("who listens with TLS and asks for a certificate needs --tls-ca, and "
                                    "--tls-name that it must carry");
}

std::shared_ptr<const net::TlsContext> tls_of(const TargetOptions& options, ReachFrom from)
{
    if (!speaks_tls(options)) return nullptr;
    check_tls(options, from);
    net::TlsConfig config;
    config.certificate_file = options.tls_certificate;
    config.private_key_file = options.tls_key;
    config.ca_file = options.tls_ca;
    config.client_certificate = !options.tls_ca.empty();
    if (!options.tls_name.empty()) config.peer_names = {options.tls_name};
    return std::make_shared<net::TlsContext>(
        std::move(config), from == ReachFrom::client ? net::Role::connect : net::Role::listen);
}

} // namespace

void add_target_options(CLI::App& command, TargetOptions& options)
{
    command.add_option("--tls-ca", options.tls_ca,
                       "speak TLS; PEM FILE of the authority that vouches for the other side");
    command.add_option("--tls-certificate", options.tls_certificate,
                       "PEM FILE with the certificate to show, leaf first");
    command.add_option("--tls-key", options.tls_key, "PEM FILE with its private key, chmod 600");
    command.add_option("--tls-name", options.tls_name,
                       "NAME that the other side's certificate must carry (default: the address dialled)");
    command.add_option("--mac-key-file", options.mac_key_file,
                       "messages carry MACs, those of the other side are checked: FILE with the key in hex "
                       "digits, chmod 600");
    command
        .add_option("--mac-algorithm", options.mac_algorithm,
                    "of these MACs, over the whole message, 8 bytes")
        ->check(CLI::IsMember(mac_algorithm_names()))
        ->capture_default_str();
}

void add_sign_on_option(CLI::App& command, TargetOptions& options)
{
    command.add_flag("--sign-on", options.signs_on,
                     "each connection signs on (0800, DE70 001) before anything else");
}

bool is_plain(const TargetOptions& options)
{
    return !speaks_tls(options) && options.mac_key_file.empty() && !options.signs_on;
}

std::shared_ptr<const codec::MessageMac> mac_of(const TargetOptions& options,
                                                std::shared_ptr<const codec::Dialect> dialect)
{
    if (options.mac_key_file.empty()) return nullptr;
    const codec::MacRule rule{.algorithm = mac_algorithms.at(options.mac_algorithm)}; // CLI11 has checked it
    const auto key = net::read_key_file(options.mac_key_file);
    return std::make_shared<codec::MessageMac>(std::move(dialect), rule, key);
}

Reach reach_of(const TargetOptions& options, std::shared_ptr<const codec::Dialect> dialect, ReachFrom from)
{
    Reach reach;
    reach.tls = tls_of(options, from);
    reach.server_name = options.tls_name;
    if (const auto mac = mac_of(options, dialect)) reach.seal = std::make_shared<MessageSeal>(dialect, mac);
    return reach;
}

Reach reach_of(const TargetOptions& options, const std::shared_ptr<const NetworkModel>& network,
               std::uint64_t seed, ReachFrom from)
{
    Reach reach = reach_of(options, network->shared_dialect(), from);
    if (options.signs_on) reach.sign_on = std::make_shared<SignOn>(network, seed);
    return reach;
}

} // namespace sim
