#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tests {

/// What stands around the segments of a capture.
struct CaptureForm {
    enum class Link : std::uint8_t { ethernet, vlan, two_vlans, cooked, cooked_2, raw, loopback };
    enum class Ip : std::uint8_t { v4, v4_with_options, v6, v6_with_extension };
    enum class File : std::uint8_t { pcap, pcap_ns, pcapng };
    Link link = Link::ethernet;
    Ip ip = Ip::v4;
    File file = File::pcap;
};

enum class Sender : std::uint8_t { client, server };

struct CapturedSegment {
    Sender from = Sender::client;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    std::string_view flags = "A"; ///< letters of S, A, F, R
    std::string payload{};
    std::size_t cut = 0;        ///< bytes of the packet's end that were not captured
    std::size_t padding = 0;    ///< bytes of Ethernet behind it
    std::uint16_t fragment = 0; ///< IPv4 flags and offset
    std::uint8_t protocol = 6;  ///< of IP
    std::uint16_t client_port = 49'152;
};

/// A capture of TCP segments as tcpdump writes it, byte by byte by the formats' own documents: two packets a
/// second, no checksums. Client 127.0.0.1, server 127.0.0.2:8583.
class TcpCapture {
public:
    static constexpr std::uint16_t server_port = 8583;
    static constexpr std::uint64_t start_us = 1'700'000'000'000'000;

    explicit TcpCapture(CaptureForm form = {}) : form_(form) { add_file_header(); }

    void add(const CapturedSegment& segment)
    {
        std::string packet = link_header() + ip_packet(segment, tcp_segment(segment));
        packet.append(segment.padding, '\x55');
        const std::size_t captured = packet.size() - segment.cut;
        add_packet(packet.substr(0, captured), packet.size());
        now_us_ += 500'000;
    }

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
    static std::string big(std::uint64_t number, int size)
    {
        std::string text;
        for (int i = size - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i) & 0xFFU);
        return text;
    }
    static std::string little(std::uint64_t number, int size)
    {
        std::string text;
        for (int i = 0; i < size; ++i) text += static_cast<char>(number >> (8 * i) & 0xFFU);
        return text;
    }

    [[nodiscard]] bool is_v6() const
    {
        return form_.ip == CaptureForm::Ip::v6 || form_.ip == CaptureForm::Ip::v6_with_extension;
    }

    [[nodiscard]] unsigned link_number() const
    {
        switch (form_.link) {
        case CaptureForm::Link::cooked:
            return 113;
        case CaptureForm::Link::cooked_2:
            return 276;
        case CaptureForm::Link::raw:
            return 101;
        case CaptureForm::Link::loopback:
            return 0;
        default:
            return 1;
        }
    }

    void add_file_header()
    {
        if (form_.file == CaptureForm::File::pcapng) {
            add_block(0x0A0D0D0A, little(0x1A2B3C4D, 4) + little(1, 2) + little(0, 2) + little(~0ULL, 8));
            add_block(1, little(link_number(), 2) + little(0, 2) + little(262'144, 4));
            return;
        }
        const bool is_ns = form_.file == CaptureForm::File::pcap_ns;
        bytes_ += little(is_ns ? 0xA1B23C4D : 0xA1B2C3D4, 4) + little(2, 2) + little(4, 2) + little(0, 8) +
                  little(262'144, 4) + little(link_number(), 4);
    }

    /// Of pcapng.
    void add_block(std::uint32_t type, std::string body)
    {
        body.append((4 - body.size() % 4) % 4, '\0');
        const std::string size = little(body.size() + 12, 4);
        bytes_ += little(type, 4) + size + body + size;
    }

    void add_packet(const std::string& captured, std::size_t size)
    {
        if (form_.file == CaptureForm::File::pcapng) {
            add_block(6, little(0, 4) + little(now_us_ >> 32U, 4) + little(now_us_, 4) +
                             little(captured.size(), 4) + little(size, 4) + captured);
            return;
        }
        const std::uint64_t fraction = now_us_ % 1'000'000;
        const bool is_ns = form_.file == CaptureForm::File::pcap_ns;
        bytes_ += little(now_us_ / 1'000'000, 4) + little(is_ns ? fraction * 1000 : fraction, 4) +
                  little(captured.size(), 4) + little(size, 4) + captured;
    }

    [[nodiscard]] std::string link_header() const
    {
        const std::string type = big(is_v6() ? 0x86DD : 0x0800, 2);
        const std::string no_addresses(12, '\0');
        switch (form_.link) {
        case CaptureForm::Link::ethernet:
            return no_addresses + type;
        case CaptureForm::Link::vlan:
            return no_addresses + big(0x8100, 2) + big(7, 2) + type;
        case CaptureForm::Link::two_vlans:
            return no_addresses + big(0x88A8, 2) + big(9, 2) + big(0x8100, 2) + big(7, 2) + type;
        case CaptureForm::Link::cooked: // packet type, device type, address with its length
            return big(0, 2) + big(772, 2) + big(6, 2) + std::string(8, '\0') + type;
        case CaptureForm::Link::cooked_2:
            return type + big(0, 2) + big(1, 4) + big(772, 2) + big(0, 1) + big(6, 1) + std::string(8, '\0');
        case CaptureForm::Link::raw:
            return {};
        case CaptureForm::Link::loopback:
            return little(is_v6() ? 30 : 2, 4);
        }
        return {};
    }

    [[nodiscard]] static std::string tcp_segment(const CapturedSegment& segment)
    {
        unsigned flags = 0;
        for (const char flag : segment.flags)
            flags |= flag == 'S' ? 0x02U : flag == 'A' ? 0x10U : flag == 'F' ? 0x01U : 0x04U;
        const bool is_client = segment.from == Sender::client;
        const std::string client = big(segment.client_port, 2);
        const std::string server = big(server_port, 2);
        return (is_client ? client + server : server + client) + big(segment.sequence, 4) +
               big(segment.acknowledged, 4) + big(0x50, 1) + big(flags, 1) + big(0xFFFF, 2) + big(0, 4) +
               segment.payload;
    }

    [[nodiscard]] std::string ip_packet(const CapturedSegment& segment, const std::string& payload) const
    {
        const bool is_client = segment.from == Sender::client;
        if (!is_v6()) {
            const std::string options(form_.ip == CaptureForm::Ip::v4_with_options ? 8 : 0, '\x01');
            const std::string client = big(0x7F000001, 4);
            const std::string server = big(0x7F000002, 4);
            return big(0x45 + options.size() / 4, 1) + big(0, 1) +
                   big(20 + options.size() + payload.size(), 2) + big(0, 2) + big(segment.fragment, 2) +
                   big(64, 1) + big(segment.protocol, 1) + big(0, 2) +
                   (is_client ? client + server : server + client) + options + payload;
        }
        const bool has_extension = form_.ip == CaptureForm::Ip::v6_with_extension;
        const std::string extension = has_extension ? big(6, 1) + big(0, 1) + big(0x0104, 2) + big(0, 4) : "";
        const std::string client = std::string(15, '\0') + '\x01';
        const std::string server = std::string(15, '\0') + '\x02';
        return big(0x60, 1) + big(0, 3) + big(extension.size() + payload.size(), 2) +
               big(has_extension ? 0 : 6, 1) + big(64, 1) + (is_client ? client + server : server + client) +
               extension + payload;
    }

    CaptureForm form_;
    std::uint64_t now_us_ = start_us;
    std::string bytes_;
};

} // namespace tests
