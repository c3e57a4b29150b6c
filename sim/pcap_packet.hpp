/// The TCP segment inside a captured packet.
#pragma once

#include "sim/pcap_file.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <span>

namespace sim {

/// An address and a port; IPv4 as ::ffff:a.b.c.d.
struct Endpoint {
    std::array<std::uint8_t, 16> address{};
    std::uint16_t port = 0;

    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

struct TcpSegment {
    Endpoint from;
    Endpoint to;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0; ///< of has_ack
    bool is_syn = false;
    bool is_fin = false;
    bool is_reset = false;
    bool has_ack = false;
    std::span<const std::uint8_t> payload; ///< as far as it was captured
};

struct PacketReading {
    enum class Kind : std::uint8_t {
        segment,
        fragment, ///< of an IP packet: not put together
        other,    ///< no TCP
        damaged   ///< its headers lie, or were not captured
    };
    Kind kind = Kind::other;
    TcpSegment segment{}; ///< of Kind::segment
};

/// Ethernet with any number of VLAN tags, Linux cooked 1 and 2, raw IP, loopback; IPv4 with options, IPv6
/// with extension headers. Checksums are not looked at: a sender's own capture has none yet.
[[nodiscard]] PacketReading read_packet(LinkType link, std::span<const std::uint8_t> bytes);

} // namespace sim
