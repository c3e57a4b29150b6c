#include "sim/import.hpp"

#include <array>
#include <utility>

namespace sim {

/// One connection's messages on their way to the capture.
class PcapImporter::Connection final : public ConnectionSink {
public:
    Connection(PcapImporter& importer, const Endpoint& first, const Endpoint& second)
        : importer_(importer), ends_{first, second},
          number_(++importer.last_connection_), lanes_{Lane(*this, End::first), Lane(*this, End::second)}
    {
        if (importer.settings_.server_port) {
            if (first.port != second.port)
                server_ = first.port == *importer.settings_.server_port ? End::first : End::second;
        } else if (importer.servers_.contains(first)) {
            server_ = End::first;
        } else if (importer.servers_.contains(second)) {
            server_ = End::second;
        }
    }

    void opened(End sender) override { lane(sender).stream.opened(); }

    void server_is(End end) override
    {
        if (!server_) know_server(end);
    }

    void bytes(End sender, std::span<const std::uint8_t> next) override { lane(sender).stream.bytes(next); }
    void gap(End sender, std::uint64_t missing) override { lane(sender).stream.gap(missing); }

    void ended() override
    {
        for (Lane& each : lanes_) each.stream.ended();
        if (!held_.empty()) know_server(lower_port()); // nothing was ever read: it matters little
    }

private:
    /// One direction.
    struct Lane final : MessageSink {
        Lane(Connection& of, End from)
            : connection(of), sender(from), stream(of.importer_.settings_.form, of.importer_.readers_, *this)
        {
        }
        Lane(const Lane&) = delete;
        Lane& operator=(const Lane&) = delete;
        void message(std::span<const std::uint8_t> wire) override { connection.message(sender, wire); }
        void unread(const Unread& unread) override { connection.unread(sender, unread); }

        Connection& connection;
        End sender;
        MessageStream stream;
    };

    struct Held {
        End sender;
        WallTime at;
        Unread unread;
    };

    [[nodiscard]] Lane& lane(End sender) { return lanes_[static_cast<std::size_t>(sender)]; }

    void message(End sender, std::span<const std::uint8_t> wire)
    {
        const auto kept = importer_.keeper_.keep(wire);
        if (!kept) {
            ++importer_.summary_.unread_messages;
            return note(sender, {wire.size(), codec::text_of(importer_.keeper_.error())});
        }
        ++importer_.summary_.messages;
        if (!server_) know_server(server_by(importer_.keeper_.mti(), sender));
        if (importer_.keeper_.mti().message_class() != '8' && !std::exchange(has_told_server_, true))
            importer_.servers_.insert(ends_[static_cast<std::size_t>(*server_)]);
        importer_.writer_.add(place(sender, importer_.now_), kept->message, kept->dropped);
    }

    /// Who asks is the client; but either side may ask for network management (class 8).
    [[nodiscard]] End server_by(codec::Mti mti, End sender) const
    {
        if (mti.message_class() == '8') return lower_port();
        return mti.is_answer() ? sender : other_end(sender);
    }

    /// Most servers have it.
    [[nodiscard]] End lower_port() const { return ends_[0].port < ends_[1].port ? End::first : End::second; }

    void unread(End sender, const Unread& unread)
    {
        importer_.summary_.skipped_bytes += unread.reason == MessageStream::missing ? 0 : unread.bytes;
        note(sender, unread);
    }

    void note(End sender, Unread unread)
    {
        if (server_) return importer_.writer_.add(place(sender, importer_.now_), unread);
        held_.push_back({sender, importer_.now_, std::move(unread)});
        constexpr std::size_t held_max = 16;
        if (held_.size() == held_max) know_server(lower_port());
    }

    void know_server(End end)
    {
        server_ = end;
        for (const Held& held : std::exchange(held_, {}))
            importer_.writer_.add(place(held.sender, held.at), held.unread);
    }

    [[nodiscard]] CapturePlace place(End sender, WallTime at) const
    {
        return {at, number_, sender == server_ ? Direction::answer : Direction::request};
    }

    PcapImporter& importer_;
    std::array<Endpoint, 2> ends_;
    std::uint32_t number_;
    std::optional<End> server_;
    bool has_told_server_ = false;
    std::vector<Held> held_; ///< as long as nobody knows whose direction is whose
    std::array<Lane, 2> lanes_;
};

PcapImporter::PcapImporter(Settings settings, MessageKeeper& keeper, CaptureWriter& writer)
    : settings_(std::move(settings)), keeper_(keeper), writer_(writer), readers_(settings_.form.framing),
      connections_([this](const Endpoint& first, const Endpoint& second) { return open(first, second); })
{
}

PcapImporter::~PcapImporter() = default;

std::unique_ptr<ConnectionSink> PcapImporter::open(const Endpoint& first, const Endpoint& second)
{
    return std::make_unique<Connection>(*this, first, second);
}

void PcapImporter::add(LinkType link, const Packet& packet)
{
    now_ = packet.at;
    ++summary_.packets;
    summary_.bytes += packet.bytes.size();
    if (packet.bytes.size() < packet.size) ++summary_.cut_packets;
    const PacketReading reading = read_packet(link, packet.bytes);
    if (!packet.has_time && reading.kind != PacketReading::Kind::damaged)
        ++summary_.damaged_packets; // its bytes may be good
    switch (reading.kind) {
    case PacketReading::Kind::fragment:
        ++summary_.fragments;
        return;
    case PacketReading::Kind::damaged:
        ++summary_.damaged_packets;
        return;
    case PacketReading::Kind::other:
        ++summary_.other_packets;
        return;
    case PacketReading::Kind::segment:
        break;
    }
    const TcpSegment& segment = reading.segment;
    const auto port = settings_.server_port;
    if (port && segment.from.port != *port && segment.to.port != *port) {
        ++summary_.other_packets;
        return;
    }
    connections_.add(segment);
}

void PcapImporter::finish()
{
    connections_.finish();
}

ImportSummary PcapImporter::summary() const
{
    ImportSummary summary = summary_;
    summary.connections = connections_.opened();
    summary.connections_ended_early = connections_.ended_early();
    summary.streams = connections_.counters();
    return summary;
}

// --- ImportSummary

bool ImportSummary::is_whole() const
{
    return streams.gaps == 0 && streams.conflicts == 0 && streams.too_late == 0 && skipped_bytes == 0 &&
           unread_messages == 0 && fragments == 0 && cut_packets == 0 && damaged_packets == 0 &&
           connections_ended_early == 0;
}

std::string text_of(const ImportSummary& summary)
{
    std::string text;
    const auto add = [&text](std::uint64_t count, const std::string& what) {
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
    };
    const auto add_if_any = [&add](std::uint64_t count, const std::string& what) {
        if (count > 0) add(count, what);
    };
    add(summary.packets, "packets");
    add(summary.connections, "connections");
    add(summary.messages, "messages");
    add(summary.streams.retransmitted, "retransmitted");
    add(summary.streams.gaps, "gaps (" + std::to_string(summary.streams.missing_bytes) + " bytes)");
    add(summary.skipped_bytes, "skipped bytes");
    add_if_any(summary.unread_messages, "messages that do not decode");
    add_if_any(summary.streams.out_of_order, "out of order");
    add_if_any(summary.streams.too_late, "too late: in front of a connection's first bytes, and left out");
    add_if_any(summary.streams.conflicts, "retransmitted with other bytes");
    add_if_any(summary.cut_packets, "packets cut when they were captured (tcpdump -s 0 takes them whole)");
    add_if_any(summary.fragments, "IP fragments, not put together");
    add_if_any(summary.damaged_packets, "damaged packets");
    add_if_any(summary.other_packets, "other packets");
    add_if_any(summary.connections_ended_early, "connections ended early, to bound the memory");
    return text;
}

} // namespace sim
