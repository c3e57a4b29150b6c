/// Captured packets become a capture: pcap in, JSON lines out, in one pass and bounded memory.
#pragma once

#include "net/capture_message.hpp"
#include "sim/import_stream.hpp"
#include "sim/tcp_connections.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace sim {

struct ImportSummary {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;           ///< of the packets, as captured
    std::uint64_t cut_packets = 0;     ///< captured in part (tcpdump -s)
    std::uint64_t other_packets = 0;   ///< no TCP, or not the server's port
    std::uint64_t damaged_packets = 0; ///< headers that lie, times that are none
    std::uint64_t fragments = 0;       ///< of IP packets: not put together
    std::uint64_t connections = 0;
    std::uint64_t connections_ended_early = 0; ///< to bound the memory
    std::uint64_t messages = 0;
    std::uint64_t unread_messages = 0; ///< whole frames whose message does not decode
    std::uint64_t skipped_bytes = 0;   ///< outside of messages
    StreamCounters streams;

    /// Nothing was lost that the file should have had.
    [[nodiscard]] bool is_whole() const;
};

/// A line for people.
[[nodiscard]] std::string text_of(const ImportSummary& summary);

class PcapImporter {
public:
    struct Settings {
        MessageForm form;
        /// Other connections are left out. Nothing: every TCP connection is read, and its server is known
        /// by its SYN, by what another connection said of the same address, or by its first message.
        std::optional<std::uint16_t> server_port;
    };

    /// keeper, writer  live longer
    PcapImporter(Settings settings, MessageKeeper& keeper, CaptureWriter& writer);
    ~PcapImporter();
    PcapImporter(const PcapImporter&) = delete;
    PcapImporter& operator=(const PcapImporter&) = delete;

    /// throws   CaptureError when the capture cannot be written
    void add(LinkType link, const Packet& packet);
    /// Gives out what still waits. Nothing can be added afterwards.
    void finish();
    [[nodiscard]] ImportSummary summary() const;

private:
    class Connection;
    friend class Connection;

    [[nodiscard]] std::unique_ptr<ConnectionSink> open(const Endpoint& first, const Endpoint& second);

    Settings settings_;
    MessageKeeper& keeper_;
    CaptureWriter& writer_;
    FrameReaders readers_;
    std::set<Endpoint> servers_; ///< as far as known
    WallTime now_;               ///< of the packet
    std::uint32_t last_connection_ = 0;
    ImportSummary summary_;
    TcpConnections connections_;
};

} // namespace sim
