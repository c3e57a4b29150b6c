#pragma once

#include "net/link_config.hpp"

#include <map>
#include <string_view>

namespace net {

struct NodeConfig {
    std::string name = "tollgate";
    std::chrono::milliseconds drain_timeout{5'000}; ///< longest wait for what is in flight at the stop
    /// Unix socket over which the next process gets the listening sockets (docs/restart.md); none: it cannot.
    std::optional<std::filesystem::path> handover_socket;
    /// Unix socket for `tollgatectl record`; none: it has nobody to talk to.
    std::optional<std::filesystem::path> control_socket;
    bool own_processor = false; ///< for the I/O thread; the others of this process have the rest
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
    std::size_t in_flight_total = 20'000; ///< messages undecided; the first of a connection passes
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

/// Captures of the traffic, made when an operator says so (docs/captures.md).
struct RecordConfig {
    std::filesystem::path directory; ///< empty: nothing can be recorded
    std::filesystem::path key_file;  ///< of the test card numbers
    std::size_t bytes_max = std::size_t{1} << 30U;
    std::chrono::milliseconds time_max{3'600'000};
    std::size_t queue_bytes = std::size_t{8} << 20U; ///< of messages waiting to be written
};

struct Config {
    NodeConfig node;
    StoreConfig store;
    CardsConfig cards;
    LimitsConfig limits;
    AdminConfig admin;
    LogConfig log;
    RecordConfig record;
    std::vector<LinkConfig> links;
};

/// Either a configuration or what is wrong with it, never both.
struct ConfigResult {
    std::optional<Config> config;
    /// One per mistake: "file:line:col: what is wrong", then the line and a caret below what is meant.
    std::vector<std::string> errors;
    std::vector<std::string> warnings; ///< what is allowed and odd; of the same form
    /// Where each value comes from that is no default: "limits.in_flight_total", "link.acq-a.in_flight" ->
    /// "fe.toml:12:19", "TOLLGATE__LIMITS__IN_FLIGHT_TOTAL", "--set limits.in_flight_total".
    std::map<std::string, std::string, std::less<>> origins;
};

struct ConfigFile {
    std::string name; ///< for messages; paths in the text are relative to its folder
    std::string text; ///< TOML
};

/// All that a configuration is made of; what comes later wins. Links are merged by name.
struct ConfigSources {
    std::vector<ConfigFile> files;
    /// "NAME=VALUE"; TOLLGATE__TABLE__KEY and TOLLGATE__LINK__NAME__KEY are settings, TOLLGATE_DATABASE_URL
    /// is the url of a store that has none, CREDENTIALS_DIRECTORY is systemd's; others are not looked at.
    std::vector<std::string> environment;
    std::vector<std::string> settings; ///< "store.workers=4", "link.acq-a.network_timeout=2s"
};

/// Every key is checked, unknown ones are mistakes, and all mistakes are told at once. Looks at the
/// permissions of private keys; opens no file.
[[nodiscard]] ConfigResult parse_config(const ConfigSources& sources);

/// "2 errors", "1 warning".
[[nodiscard]] std::string count_of(std::size_t count, std::string_view what);

/// A whole configuration file with every key, its default, unit and meaning. What has no default is an
/// example, and behind "#" where it may be left out.
[[nodiscard]] std::string print_defaults();
/// Every key with its value and where it comes from, without passwords; TOML.
[[nodiscard]] std::string print_effective(const ConfigResult& result);
/// Every key as rows of Markdown tables: the heart of docs/configuration.md.
[[nodiscard]] std::string print_reference();

/// What a reload changes.
struct ConfigDifference {
    std::vector<std::string> changes;  ///< "link acq-a: in_flight 4000 -> 2000", "link acq-b: added"
    std::vector<std::string> refusals; ///< what needs a restart, of the same form
};
[[nodiscard]] ConfigDifference difference(const Config& old, const Config& now);

} // namespace net
