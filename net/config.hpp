#pragma once

#include "net/envelope.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net {

/// How long a network waits, and what of it is ours (DOMAIN 4.2). All of it counts on the monotonic clock
/// from the first byte of a frame.
struct Timing {
    std::chrono::milliseconds network_timeout{0}; ///< no default: a link without it does not start
    std::chrono::milliseconds transit_out{150};
    std::chrono::milliseconds transit_in{150};
    std::chrono::milliseconds safety{200};
    std::chrono::milliseconds undo_budget{700};

    /// The last moment at which an approval may be handed to the kernel.
    [[nodiscard]] std::chrono::milliseconds answer_cutoff() const
    {
        return network_timeout - transit_out - transit_in - safety;
    }
    /// The last moment at which an effect may still be waited for.
    [[nodiscard]] std::chrono::milliseconds decide_deadline() const { return answer_cutoff() - undo_budget; }
};

enum class SignOn : std::uint8_t {
    optional, ///< a connection may send requests at once
    required, ///< requests before sign-on get no answer; reversals are taken always
};

struct NodeConfig {
    std::string name = "tollgate";
    std::chrono::milliseconds drain_timeout{5'000}; ///< longest wait for what is in flight at the stop
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

struct LinkConfig {
    std::string name;
    std::string host;       ///< where it listens: an address, not a name
    std::uint16_t port = 0; ///< 0: any free one
    std::string network;    ///< part of every key; links of one network share it
    std::string dialect;    ///< built-in name, or path of a file
    std::string profile;    ///< built-in name, or path of a file
    Timing timing;
    SignOn sign_on = SignOn::optional;
    std::size_t in_flight = 4'000; ///< messages undecided on one connection; reversals pass above it
    std::size_t connections_max = 256;
    const codec::FrameRule* framing = codec::find_frame_rule("be16"); ///< never null
    codec::HeaderKind header = codec::HeaderKind::none;
    KeepAlive keep_alive = KeepAlive::ignore;
    std::size_t message_bytes_max = 8'192; ///< header and message; framing and header may allow less
    std::chrono::milliseconds frame_timeout{10'000}; ///< a whole frame, from its first byte
    std::chrono::milliseconds idle_timeout{180'000}; ///< without one whole frame
    std::optional<std::chrono::seconds> staleness_limit = std::chrono::seconds{120}; ///< row A9; none: off
    bool partial_cancels = false;                                                    ///< rows E2, E3
    std::optional<std::int64_t> partial_approval_min_minor; ///< row A3; none: no partial approvals
    std::vector<std::string> blocked_mccs;                  ///< row A8: DE18, four digits each
    std::size_t format_errors_max = 5;                      ///< in a minute; one more closes the connection

    /// With a limit that framing and header can say.
    [[nodiscard]] Envelope envelope() const;
};

struct Config {
    NodeConfig node;
    StoreConfig store;
    CardsConfig cards;
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
