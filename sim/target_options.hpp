/// Options of every command that speaks to a server: how it is reached, beside host and port.
#pragma once

#include "codec/mac.hpp"
#include "sim/network_model.hpp"
#include "sim/reach.hpp"

#include <memory>
#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace sim {

/// As given.
struct TargetOptions {
    std::string tls_ca;
    std::string tls_certificate;
    std::string tls_key;
    std::string tls_name;
    std::string mac_key_file;
    std::string mac_algorithm = "aes-cmac";
    bool signs_on = false;
};

/// --tls-* and --mac-*
void add_target_options(CLI::App& command, TargetOptions& options);
void add_sign_on_option(CLI::App& command, TargetOptions& options);

/// True when there is nothing but plain TCP in them.
[[nodiscard]] bool is_plain(const TargetOptions& options);

enum class ReachFrom : std::uint8_t { client, server }; ///< which side of TLS we are

/// Reads the files.
/// seed     of the sign-ons' STANs
/// throws   std::invalid_argument, net::TlsError, net::KeyFileError
[[nodiscard]] Reach reach_of(const TargetOptions& options, const std::shared_ptr<const NetworkModel>& network,
                             std::uint64_t seed, ReachFrom from = ReachFrom::client);
/// The same without a network: it cannot sign on.
[[nodiscard]] Reach reach_of(const TargetOptions& options, std::shared_ptr<const codec::Dialect> dialect,
                             ReachFrom from = ReachFrom::client);

/// Over the whole message, 8 bytes; null without --mac-key-file.
/// throws   std::invalid_argument, net::KeyFileError
[[nodiscard]] std::shared_ptr<const codec::MessageMac> mac_of(const TargetOptions& options,
                                                              std::shared_ptr<const codec::Dialect> dialect);

} // namespace sim
