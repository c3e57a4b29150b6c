/// Packets of a pcap or pcapng file, through libpcap.
#pragma once

#include "sim/capture.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace sim {

/// A file that cannot be used: what() names it and says why.
struct PcapError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What stands in front of the IP packet.
enum class LinkType : std::uint8_t { ethernet, linux_cooked, linux_cooked_2, raw_ip, loopback };

struct Packet {
    WallTime at;                         ///< where the file tells none: that of the packet before it, or 1970
    bool has_time = true;                ///< false: what the file tells is not from 1970 to 9999
    std::span<const std::uint8_t> bytes; ///< as far as they were captured; valid until the next packet
    std::size_t size = 0;                ///< on the wire
};

/// Reads from the front to the back, one packet in memory at a time.
class PcapFile {
public:
    /// file     a path, or - for standard input
    /// filter   as tcpdump has it ("tcp port 8583"); empty: every packet
    /// throws   PcapError: cannot be read, no capture of packets, a link type that we do not know, a wrong filter
    PcapFile(const std::string& file, const std::string& filter);
    ~PcapFile();
    PcapFile(const PcapFile&) = delete;
    PcapFile& operator=(const PcapFile&) = delete;

    [[nodiscard]] LinkType link_type() const;
    /// returns  false at the end, and where the file is cut or damaged: then problem() says so
    [[nodiscard]] bool next(Packet& packet);
    [[nodiscard]] const std::string& problem() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace sim
