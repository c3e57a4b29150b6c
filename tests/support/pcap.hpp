#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tests {

/// A capture of one TCP connection's one direction, as tcpdump writes it: Ethernet, IPv4 and TCP headers
/// around each segment, sequence numbers that go on, no checksums. Format: the pcap file of libpcap,
/// version 2.4.
class Pcap {
public:
    explicit Pcap(std::uint16_t port) : port_(port)
    {
        little(0xA1B2C3D4, 4); // times in microseconds
        little(2, 2);
        little(4, 2);
        little(0, 8);       // time zone and its accuracy
        little(262'144, 4); // no packet is longer
        little(1, 4);       // Ethernet
    }

    /// At most 65,495 bytes, which fit one IPv4 packet.
    void add_segment(std::span<const std::uint8_t> payload)
    {
        const std::size_t ip_size = 20 + 20 + payload.size();
        const std::size_t size = 14 + ip_size;
        little(packets_++, 4); // a packet a second
        little(0, 4);
        little(size, 4);
        little(size, 4);

        bytes_.append(12, '\0'); // no addresses
        big(0x0800, 2);          // IPv4

        big(0x4500, 2); // version, header of five words
        big(ip_size, 2);
        big(0, 4);
        big(0x4006, 2); // 64 hops, TCP
        big(0, 2);
        big(0x7F000001, 4);
        big(0x7F000002, 4);

        big(49'152, 2);
        big(port_, 2);
        big(sequence_, 4);
        big(1, 4);
        big(0x5018, 2); // header of five words; PSH, ACK
        big(0xFFFF, 2);
        big(0, 4);
        bytes_.append(payload.begin(), payload.end());
        sequence_ += static_cast<std::uint32_t>(payload.size());
    }

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
    void little(std::uint64_t number, int size)
    {
        for (int i = 0; i < size; ++i) bytes_ += static_cast<char>(number >> (8 * i) & 0xFFU);
    }
    void big(std::uint64_t number, int size)
    {
        for (int i = size - 1; i >= 0; --i) bytes_ += static_cast<char>(number >> (8 * i) & 0xFFU);
    }

    std::uint16_t port_;
    std::uint32_t packets_ = 0;
    std::uint32_t sequence_ = 1;
    std::string bytes_;
};

} // namespace tests
