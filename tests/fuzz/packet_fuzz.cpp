/// Input: a link type, then a captured packet. What is found in it are its own bytes, and a capture that was
/// cut earlier gives no other segment.

#include "sim/pcap_packet.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <span>

using fuzz::require;
using sim::LinkType;
using sim::PacketReading;

namespace {

constexpr std::array links = {LinkType::ethernet, LinkType::linux_cooked, LinkType::linux_cooked_2,
                              LinkType::raw_ip, LinkType::loopback};

bool is_segment(const PacketReading& reading)
{
    return reading.kind == PacketReading::Kind::segment;
}

bool is_inside(std::span<const std::uint8_t> part, std::span<const std::uint8_t> whole)
{
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

bool is_same_segment(const sim::TcpSegment& a, const sim::TcpSegment& b)
{
    return a.from == b.from && a.to == b.to && a.sequence == b.sequence && a.acknowledged == b.acknowledged &&
           a.is_syn == b.is_syn && a.is_fin == b.is_fin && a.is_reset == b.is_reset && a.has_ack == b.has_ack;
}

/// Headers are read the same, and of the payload its front is there.
void check_cut(LinkType link, const fuzz::Bytes& packet, const PacketReading& whole)
{
    const fuzz::Bytes cut(packet.begin(), packet.end() - 1);
    const PacketReading reading = sim::read_packet(link, cut);
    if (!is_segment(reading)) return;
    require(is_segment(whole), "a longer capture of a segment is one, too");
    require(is_same_segment(reading.segment, whole.segment), "a cut changes no header");
    const auto front = reading.segment.payload;
    require(front.size() <= whole.segment.payload.size() &&
                std::equal(front.begin(), front.end(), whole.segment.payload.begin()),
            "a cut payload is the front of the whole one");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const LinkType link = links.at(input.choice(links.size()));
    const fuzz::Bytes packet = input.rest();
    const PacketReading reading = sim::read_packet(link, packet);
    if (is_segment(reading))
        require(is_inside(reading.segment.payload, packet), "a payload is part of its packet");
    if (!packet.empty()) check_cut(link, packet, reading);
    return 0;
}
