#include "sim/pcap_packet.hpp"

#include <algorithm>
#include <optional>

namespace sim {

namespace {

using View = std::span<const std::uint8_t>;
using Kind = PacketReading::Kind;

constexpr std::uint16_t type_ipv4 = 0x0800;
constexpr std::uint16_t type_ipv6 = 0x86DD;
constexpr std::uint8_t protocol_tcp = 6;

std::uint16_t big16(View bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::uint32_t big32(View bytes, std::size_t at)
{
    return static_cast<std::uint32_t>(big16(bytes, at)) << 16 | big16(bytes, at + 2);
}

bool is_vlan(std::uint16_t type)
{
    return type == 0x8100 || type == 0x88A8 || type == 0x9100;
}

PacketReading only(Kind kind)
{
    return {kind, {}};
}

PacketReading read_tcp(TcpSegment segment, View bytes)
{
    constexpr std::size_t header_min = 20;
    if (bytes.size() < header_min) return only(Kind::damaged);
    const std::size_t header = 4U * (bytes[12] >> 4);
    if (header < header_min || header > bytes.size()) return only(Kind::damaged);
    segment.from.port = big16(bytes, 0);
    segment.to.port = big16(bytes, 2);
    segment.sequence = big32(bytes, 4);
    segment.acknowledged = big32(bytes, 8);
    const std::uint8_t flags = bytes[13];
    segment.is_fin = (flags & 0x01U) != 0;
    segment.is_syn = (flags & 0x02U) != 0;
    segment.is_reset = (flags & 0x04U) != 0;
    segment.has_ack = (flags & 0x10U) != 0;
    segment.payload = bytes.subspan(header);
    return {Kind::segment, segment};
}

/// The bytes that a length field claims, as far as they were captured. A length of 0 stands in packets that
/// the network card was to cut into smaller ones: then it is everything.
View claimed(View bytes, std::size_t size)
{
    return size == 0 ? bytes : bytes.first(std::min(size, bytes.size()));
}

Endpoint ipv4_endpoint(View packet, std::size_t at)
{
    Endpoint endpoint;
    endpoint.address[10] = endpoint.address[11] = 0xFF;
    std::copy_n(packet.begin() + static_cast<std::ptrdiff_t>(at), 4, endpoint.address.begin() + 12);
    return endpoint;
}

PacketReading read_ipv4(View packet)
{
    constexpr std::size_t header_min = 20;
    if (packet.size() < header_min) return only(Kind::damaged);
    const std::size_t header = 4U * (packet[0] & 0xFU);
    const std::size_t total = big16(packet, 2);
    if (header < header_min || header > packet.size() || (total != 0 && total < header))
        return only(Kind::damaged);
    if (packet[9] != protocol_tcp) return only(Kind::other);
    constexpr std::uint16_t more_fragments_or_offset = 0x3FFF;
    if ((big16(packet, 6) & more_fragments_or_offset) != 0) return only(Kind::fragment);
    TcpSegment segment;
    segment.from = ipv4_endpoint(packet, 12);
    segment.to = ipv4_endpoint(packet, 16);
    return read_tcp(segment, claimed(packet, total).subspan(header));
}

Endpoint ipv6_endpoint(View packet, std::size_t at)
{
    Endpoint endpoint;
    std::copy_n(packet.begin() + static_cast<std::ptrdiff_t>(at), 16, endpoint.address.begin());
    return endpoint;
}

PacketReading read_ipv6(View packet)
{
    constexpr std::size_t header = 40;
    if (packet.size() < header) return only(Kind::damaged);
    TcpSegment segment;
    segment.from = ipv6_endpoint(packet, 8);
    segment.to = ipv6_endpoint(packet, 24);
    std::uint8_t next = packet[6];
    View rest = claimed(packet.subspan(header), big16(packet, 4));
    constexpr std::uint8_t hop_by_hop = 0;
    constexpr std::uint8_t routing = 43;
    constexpr std::uint8_t fragment = 44;
    constexpr std::uint8_t destination = 60;
    while (next == hop_by_hop || next == routing || next == destination) {
        if (rest.size() < 8) return only(Kind::damaged);
        const std::size_t size = 8U * (rest[1] + 1U);
        if (size > rest.size()) return only(Kind::damaged);
        next = rest[0];
        rest = rest.subspan(size);
    }
    if (next == fragment) return only(Kind::fragment);
    return next == protocol_tcp ? read_tcp(segment, rest) : only(Kind::other);
}

PacketReading read_ip(View packet)
{
    if (packet.empty()) return only(Kind::damaged);
    switch (packet[0] >> 4) {
    case 4:
        return read_ipv4(packet);
    case 6:
        return read_ipv6(packet);
    default:
        return only(Kind::other);
    }
}

/// bytes    behind a protocol type
PacketReading read_behind_type(std::uint16_t type, View bytes)
{
    while (is_vlan(type)) {
        if (bytes.size() < 4) return only(Kind::damaged);
        type = big16(bytes, 2);
        bytes = bytes.subspan(4);
    }
    return type == type_ipv4 || type == type_ipv6 ? read_ip(bytes) : only(Kind::other);
}

struct LinkHeader {
    std::size_t size;    ///< bytes
    std::size_t type_at; ///< of the protocol type
};

PacketReading read_link(const LinkHeader& header, View bytes)
{
    if (bytes.size() < header.size) return only(Kind::damaged);
    return read_behind_type(big16(bytes, header.type_at), bytes.subspan(header.size));
}

} // namespace

PacketReading read_packet(LinkType link, std::span<const std::uint8_t> bytes)
{
    switch (link) {
    case LinkType::ethernet:
        return read_link({14, 12}, bytes);
    case LinkType::linux_cooked:
        return read_link({16, 14}, bytes);
    case LinkType::linux_cooked_2:
        return read_link({20, 0}, bytes);
    case LinkType::raw_ip:
        return read_ip(bytes);
    case LinkType::loopback: // a family of 4 bytes, whose numbers differ between systems
        return bytes.size() < 4 ? only(Kind::damaged) : read_ip(bytes.subspan(4));
    }
    return only(Kind::other);
}

} // namespace sim
