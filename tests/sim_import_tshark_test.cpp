// tshark as a judge of the reassembly: the bytes of every scene's streams are those that it puts together.
#include "codec/hex.hpp"
#include "sim/child_process.hpp"
#include "sim/tcp_connections.hpp"
#include "tests/support/capture_scenes.hpp"
#include "tests/support/imported_capture.hpp"

#include <doctest/doctest.h>

#include <list>

using namespace sim;

namespace {

/// Both directions of a connection; where bytes are missing stands what tshark writes there.
using Streams = std::array<std::string, 2>;

class Recorder final : public ConnectionSink {
public:
    explicit Recorder(Streams& streams) : streams_(streams) {}
    void opened(End) override {}
    void server_is(End) override {}
    void bytes(End sender, std::span<const std::uint8_t> next) override
    {
        of(sender).append(next.begin(), next.end());
    }
    void gap(End sender, std::uint64_t missing) override
    {
        of(sender) +=
            "[" + std::to_string(missing) + " bytes missing in capture file]" + std::string(1, '\0');
    }
    void ended() override {}

private:
    std::string& of(End sender) { return streams_[static_cast<std::size_t>(sender)]; }
    Streams& streams_;
};

std::vector<Streams> our_streams(const std::string& path)
{
    std::list<Streams> streams;
    TcpConnections connections(
        [&](const Endpoint&, const Endpoint&) { return std::make_unique<Recorder>(streams.emplace_back()); });
    PcapFile file(path, "");
    Packet packet;
    while (file.next(packet)) {
        const PacketReading reading = read_packet(file.link_type(), packet.bytes);
        if (reading.kind == PacketReading::Kind::segment) connections.add(reading.segment);
    }
    connections.finish();
    return {streams.begin(), streams.end()};
}

std::string bytes_of_hex_line(const std::string& hex)
{
    return codec::bytes_of_hex(hex).value();
}

/// Its lines are hex; those of the other end begin with a tab.
Streams tshark_streams(const std::string& path, std::size_t number)
{
    const Finished tshark = run_program(
        {"/usr/bin/env", "tshark", "-n", "-r", path, "-q", "-z", "follow,tcp,raw," + std::to_string(number)},
        "");
    REQUIRE_MESSAGE(tshark.status == 0, tshark.err);
    Streams streams;
    std::istringstream lines(tshark.out);
    std::string line;
    bool is_data = false;
    while (std::getline(lines, line)) {
        if (line.starts_with("Node 1:")) {
            is_data = true;
        } else if (line.starts_with("====")) {
            is_data = false;
        } else if (is_data && !line.empty()) {
            const bool is_second = line.front() == '\t';
            streams[is_second ? 1 : 0] += bytes_of_hex_line(line.substr(is_second ? 1 : 0));
        }
    }
    return streams;
}

} // namespace

TEST_CASE("tshark puts the streams of the scenes together as we do")
{
    if (run_program({"/usr/bin/env", "tshark", "--version"}, "").status != 0) {
        MESSAGE("skipped: tshark is not installed; scripts/setup installs it");
        return;
    }
    int judged = 0;
    for (const tests::SceneRow& row : tests::scene_rows()) {
        if (row.judge == tests::Judge::none) continue;
        CAPTURE(std::string(row.name));
        const tests::PassingFile file(pcap_of(row));
        const std::vector<Streams> ours = our_streams(file.path());
        for (std::size_t i = 0; i < ours.size(); ++i) CHECK(tshark_streams(file.path(), i) == ours[i]);
        ++judged;
    }
    CHECK(judged >= 20);
    MESSAGE("tshark agreed on " << judged << " captures");
}
