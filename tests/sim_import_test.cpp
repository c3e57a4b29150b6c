// Captures made by hand, imported: what there is to read is read, and what is not is said.
#include "tests/support/capture_scenes.hpp"
#include "tests/support/imported_capture.hpp"

#include <doctest/doctest.h>

using namespace sim;
using tests::import_pcap;
using tests::Scene;

namespace {

std::string joined(const std::vector<std::string>& lines)
{
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

std::vector<std::string> lines_of(const Capture& capture)
{
    std::vector<std::string> lines;
    for (const CaptureRecord& record : capture.records) lines.push_back(tests::line_of(record));
    return lines;
}

} // namespace

TEST_CASE("import: every scene gives its messages, and counts what was wrong with it")
{
    for (const tests::SceneRow& row : tests::scene_rows()) {
        CAPTURE(std::string(row.name));
        const tests::Imported imported = import_pcap(pcap_of(row));
        CHECK(joined(lines_of(imported.capture)) == joined(row.expected));
        CHECK(joined(tests::counted(imported.summary)) == joined(row.counted));
    }
}

TEST_CASE("import: a record has the time of the packet that made its message whole")
{
    Scene scene;
    scene.open(); // three packets, half a second each
    scene.client(0, tests::sale_frame(1).substr(0, 10));
    scene.client(10, tests::sale_frame(1).substr(10));
    const tests::Imported imported = import_pcap(scene.bytes());
    REQUIRE(imported.capture.records.size() == 1);
    const auto at = imported.capture.records[0].place.at.time_since_epoch();
    CHECK(at == std::chrono::microseconds(tests::TcpCapture::start_us + 4 * 500'000));
}

TEST_CASE("import: every cut of a capture's messages into segments gives the same messages")
{
    const std::string stream = tests::sale_frame(1) + tests::sale_frame(2) + tests::sale_frame(3);
    const std::vector<std::string> expected = {"> 0200 000001", "> 0200 000002", "> 0200 000003"};
    for (std::size_t first = 1; first < stream.size(); ++first) {
        CAPTURE(first);
        Scene scene;
        scene.open();
        const auto offset = static_cast<std::uint32_t>(first);
        const std::size_t second = (stream.size() - first) / 2;
        scene.client(offset + static_cast<std::uint32_t>(second), stream.substr(first + second));
        scene.client(0, stream.substr(0, first));
        if (second > 0) scene.client(offset, stream.substr(first, second));
        CHECK(lines_of(import_pcap(scene.bytes()).capture) == expected);
    }
}

TEST_CASE("import: wherever the capture joins a connection, no message is made up and the next one is found")
{
    const std::string stream = tests::sale_frame(1) + tests::sale_frame(2) + tests::sale_frame(3);
    const std::size_t size = tests::sale_frame(1).size();
    for (std::size_t begin = 1; begin < size; ++begin) {
        CAPTURE(begin);
        Scene scene;
        scene.client(static_cast<std::uint32_t>(begin), stream.substr(begin));
        const tests::Imported imported = import_pcap(scene.bytes());
        const std::string skipped = "> " + std::to_string(size - begin) +
                                    " before the first whole message of a connection that was open already";
        CHECK(lines_of(imported.capture) ==
              std::vector<std::string>{skipped, "> 0200 000002", "> 0200 000003"});
    }
}

TEST_CASE("import: where the capture joins a connection, a first segment that overtook another waits for it")
{
    const std::string stream = tests::sale_frame(1) + tests::sale_frame(2);
    for (std::size_t first = 1; first < stream.size(); ++first) {
        CAPTURE(first);
        Scene scene;
        scene.client(static_cast<std::uint32_t>(first), stream.substr(first));
        scene.client(0, stream.substr(0, first));
        const tests::Imported imported = import_pcap(scene.bytes());
        CHECK(lines_of(imported.capture) == std::vector<std::string>{"> 0200 000001", "> 0200 000002"});
        CHECK(imported.summary.is_whole());
    }
}

TEST_CASE("import: bytes that come too late for their place make an import that is not whole")
{
    Scene scene;
    scene.server_has(34);
    scene.client(34, tests::sale_frame(2));
    CHECK(import_pcap(scene.bytes()).summary.is_whole());
    scene.client(0, tests::sale_frame(1));
    const ImportSummary summary = import_pcap(scene.bytes()).summary;
    CHECK_FALSE(summary.is_whole());
    CHECK(text_of(summary).find("1 too late: in front of a connection's first bytes") != std::string::npos);
}

TEST_CASE("import: with a server's port, other connections are left out and its side is the server")
{
    Scene scene;
    scene.client(0, tests::sale_frame(1));
    CHECK(lines_of(import_pcap(scene.bytes(), 8583).capture) == std::vector<std::string>{"> 0200 000001"});
    CHECK(lines_of(import_pcap(scene.bytes(), 49'152).capture) == std::vector<std::string>{"< 0200 000001"});
    const tests::Imported none = import_pcap(scene.bytes(), 9999);
    CHECK(none.capture.records.empty());
    CHECK(none.summary.other_packets == 1);
}

TEST_CASE("import: what waits in one direction is bounded, and the gap in front of it is declared")
{
    Scene scene;
    scene.open();
    const std::string filler(60'000, '\0'); // empty frames
    for (std::uint32_t i = 0; i < 10; ++i) scene.client(100 + i * 60'000, filler);
    scene.client(600'100, tests::sale_frame(7));
    const tests::Imported imported = import_pcap(scene.bytes());
    CHECK(imported.summary.streams.gaps == 1);
    CHECK(imported.summary.streams.missing_bytes == 100);
    CHECK(lines_of(imported.capture).back() == "> 0200 000007");
}

TEST_CASE("import: an idle connection among more than the memory has room for ends, and goes on as a new one")
{
    Scene scene;
    scene.open();
    scene.client(0, tests::sale_frame(1));
    for (std::size_t i = 0; i < TcpConnections::connections_max; ++i)
        scene.add({.sequence = 1, .flags = "S", .client_port = static_cast<std::uint16_t>(10'000 + i)});
    scene.client(static_cast<std::uint32_t>(tests::sale_frame(1).size()), tests::sale_frame(2));
    const tests::Imported imported = import_pcap(scene.bytes());
    CHECK(imported.summary.connections_ended_early == 2);
    CHECK(lines_of(imported.capture) == std::vector<std::string>{"> 0200 000001", "> 0200 000002"});
    CHECK(imported.capture.records[0].place.connection != imported.capture.records[1].place.connection);
}

TEST_CASE("import: a damaged file is read up to the damage")
{
    Scene scene;
    scene.open();
    scene.client(0, tests::sale_frame(1));
    const std::size_t whole = scene.bytes().size();
    scene.client(34, tests::sale_frame(2));
    for (std::size_t size = whole; size < scene.bytes().size(); ++size) {
        CAPTURE(size);
        const tests::PassingFile file(scene.bytes().substr(0, size));
        PcapFile packets(file.path(), "");
        Packet packet;
        std::size_t count = 0;
        while (packets.next(packet)) ++count;
        CHECK(count == 4);
        CHECK(packets.problem().empty() == (size == whole));
    }
}

TEST_CASE("import: what is no capture of packets is refused with its name")
{
    const tests::PassingFile text("this is no capture of packets at all");
    CHECK_THROWS_WITH_AS(PcapFile(text.path(), ""), doctest::Contains(text.path().c_str()), PcapError);
    const std::string usb = std::string("\xD4\xC3\xB2\xA1\x02\x00\x04\x00", 8) + std::string(8, '\0') +
                            std::string("\x00\x00\x04\x00\xBD\x00\x00\x00", 8);
    const tests::PassingFile other(usb);
    CHECK_THROWS_WITH_AS(PcapFile(other.path(), ""), doctest::Contains("link type USB_LINUX is not read"),
                         PcapError);
    Scene scene;
    const tests::PassingFile good(scene.bytes());
    CHECK_THROWS_WITH_AS(PcapFile(good.path(), "tcp prot 1"), doctest::Contains("filter: "), PcapError);
}
