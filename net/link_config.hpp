#pragma once

#include "net/envelope.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
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

/// Who opens the connections of a link.
enum class Role : std::uint8_t {
    listen,  ///< the network connects to us
    connect, ///< we dial the network
};

/// Where a link listens (an address; port 0: any free one) or dials (an address or a name).
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
};

/// A network prefix, "10.20.0.0/16" or "2001:db8::/32"; a bare address is one of full length.
struct Subnet {
    std::string address;
    unsigned prefix_length = 0;
};

enum class TlsVersion : std::uint8_t { v1_2, v1_3 };

/// TLS of one link, mutual unless said otherwise. Files are PEM and are read again at a reload.
struct TlsConfig {
    std::filesystem::path certificate_file; ///< our chain, leaf first
    std::filesystem::path private_key_file; ///< not readable by others
    std::filesystem::path ca_file;          ///< who vouches for the peer
    std::optional<std::filesystem::path> crl_file;
    /// The peer's certificate must carry one of these as subject alternative name (DNS, exact): the identity
    /// that is pinned to the link. Role connect: default is the host that is dialled.
    std::vector<std::string> peer_names;
    bool client_certificate = true; ///< role listen: false lets peers without one in; needs "allow"
    TlsVersion minimum = TlsVersion::v1_2;
    std::chrono::milliseconds handshake_timeout{10'000};
};

/// How often a link of role connect dials again.
struct Reconnect {
    std::chrono::milliseconds first{200};
    std::chrono::milliseconds max{10'000};
    double jitter = 0.2; ///< share of the pause that is random
};

/// Our own echoes (0800, DE70 301 by profile): only when a connection is idle.
struct EchoConfig {
    std::optional<std::chrono::milliseconds> interval; ///< none: we send none
    std::chrono::milliseconds timeout{5'000};
    std::size_t misses_max = 3; ///< unanswered in a row; then the connection is closed
};

struct LinkConfig {
    std::string name;
    Role role = Role::listen;
    std::vector<Endpoint> addresses; ///< listen: one; connect: tried in turn
    std::optional<TlsConfig> tls;
    bool plain_tcp = false;    ///< without TLS beyond loopback
    std::vector<Subnet> allow; ///< who may connect, looked at before TLS; empty: everybody
    std::size_t sessions = 1;  ///< role connect: connections that are kept up
    Reconnect reconnect;
    EchoConfig echo;
    std::optional<std::filesystem::path> mac_key_file;  ///< where the profile has [mac]: the working key, hex
    std::optional<std::filesystem::path> zone_key_file; ///< where it has [key_exchange]: wraps new keys, hex
    std::optional<std::filesystem::path> key_state_file; ///< where new keys are kept, still wrapped
    std::string network;                                 ///< part of every key; links of one network share it
    std::string dialect;                                 ///< built-in name, or path of a file
    std::string profile;                                 ///< built-in name, or path of a file
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

} // namespace net
