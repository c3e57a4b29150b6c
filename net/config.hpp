#pragma once

#include "net/link_config.hpp"

#include <string_view>

namespace net {

struct NodeConfig {
    std::string name = "tollgate";
    std::chrono::milliseconds drain_timeout{5'000}; ///< longest wait for what is in flight at the stop
    /// Unix socket over which the next process gets the listening sockets (docs/restart.md); none: it cannot.
    std::optional<std::filesystem::path> handover_socket;
};

struct StoreConfig {
    std::string url;                ///< libpq connection string
    std::size_t workers = 2;        ///< threads, each with one database connection
    std::size_t batch_max = 512;    ///< requests of one transaction
    std::size_t queue_max = 20'000; ///< requests waiting, all workers together
};

struct CardsConfig {
    std::filesystem::path token_key_file;
    std::vector<std::string> bins; ///< prefixes of the card numbers that are ours
};

/// Of the whole process.
struct LimitsConfig {
    std::size_t connections_total = 12'000;
    std::size_t in_flight_total = 20'000;                     ///< messages undecided; reversals pass above it
    std::size_t buffer_bytes_total = std::size_t{256} << 20U; ///< input and output buffers of all connections
    std::size_t handshakes_pending = 512;                     ///< TLS handshakes under way
    std::size_t connections_per_source = 1'024;               ///< open, of one address
    std::size_t accepts_per_source_second = 100;              ///< of one address; a burst of as many is taken
};

/// Metrics and health over HTTP, without TLS: loopback or a private network.
struct AdminConfig {
    std::optional<Endpoint> address; ///< none: not served
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };
struct LogConfig {
    LogLevel level = LogLevel::info;
};

struct Config {
    NodeConfig node;
    StoreConfig store;
    CardsConfig cards;
    LimitsConfig limits;
    AdminConfig admin;
    LogConfig log;
    std::vector<LinkConfig> links;
};

/// Either a configuration or what is wrong with it, never both.
struct ConfigResult {
    std::optional<Config> config;
    std::vector<std::string> errors; ///< "file:line:col: what is wrong", one per mistake
};

/// What stands outside the file.
struct ConfigSurroundings {
    std::string file_name;             ///< for messages; paths in the text are relative to its folder
    std::vector<std::string> settings; ///< "store.workers=4", "link.acq-a.network_timeout=2s": they win
    std::string database_url;          ///< used when the text names none
};

/// Reads the text of a configuration file (TOML). Every key is checked, unknown ones are mistakes, and all
/// mistakes are told at once.
[[nodiscard]] ConfigResult parse_config(std::string_view toml, const ConfigSurroundings& surroundings);

} // namespace net
