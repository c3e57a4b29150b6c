#include "tests/support/capture_scenes.hpp"

#include "codec/dialect.hpp"
#include "codec/encode.hpp"
#include "codec/framing.hpp"

namespace tests {

namespace {

std::string frame(std::string_view mti, int stan)
{
    std::string digits = std::to_string(stan);
    digits.insert(0, 6 - digits.size(), '0');
    codec::Message message(*codec::Mti::parse(mti));
    message.set(3, "000000");
    message.set(11, digits);
    std::vector<std::uint8_t> wire;
    std::vector<std::uint8_t> framed;
    codec::encode(*codec::find_built_in_dialect("iso87-ascii"), message, wire).value();
    codec::append_frame({8192, codec::find_frame_rule("be16")}, wire, framed);
    return {framed.begin(), framed.end()};
}

/// All frames of the scenes have this size: 2 + 4 + 16 + 6 + 6.
constexpr std::uint32_t size = 34;

std::string sales(int first, int last)
{
    std::string bytes;
    for (int stan = first; stan <= last; ++stan) bytes += sale_frame(stan);
    return bytes;
}

/// Reads as a frame of 4096 bytes whose message is right as far as it goes: element 48 has 999.
const std::string wants_more = std::string("\x10\x00", 2) + "0200" + "0000000000010000" + "999";
constexpr std::uint32_t wants_more_size = 25;

std::string echo_frame(int stan)
{
    return frame("0800", stan);
}

using Link = CaptureForm::Link;
using Ip = CaptureForm::Ip;
using File = CaptureForm::File;

void sale_and_answer(Scene& s)
{
    s.open();
    s.client(0, sale_frame(1));
    s.server(0, answer_frame(1));
}
const std::vector<std::string> sale_and_its_answer = {"> 0200 000001", "< 0210 000001"};

const SceneRow rows[] = {
    // --- one segment after the other
    {"a sale and its answer", sale_and_answer, sale_and_its_answer},
    {"two messages in one segment",
     [](Scene& s) {
         s.open();
         s.client(0, sales(1, 2));
     },
     {"> 0200 000001", "> 0200 000002"}},
    {"a message in three segments, cut inside its length",
     [](Scene& s) {
         s.open();
         const std::string f = sale_frame(1);
         s.client(0, f.substr(0, 1));
         s.client(1, f.substr(1, 10));
         s.client(11, f.substr(11));
     },
     {"> 0200 000001"}},
    {"both directions between each other",
     [](Scene& s) {
         s.open();
         s.client(0, sales(1, 1) + sale_frame(2).substr(0, 5));
         s.server(0, answer_frame(1).substr(0, 20));
         s.client(size + 5, sale_frame(2).substr(5));
         s.server(20, answer_frame(1).substr(20));
     },
     {"> 0200 000001", "> 0200 000002", "< 0210 000001"}},
    // --- bytes that come twice
    {"retransmission",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1));
         s.client(0, sale_frame(1));
         s.client(size, sale_frame(2));
     },
     {"> 0200 000001", "> 0200 000002"},
     {"retransmitted 1"}},
    {"retransmission with more behind it",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1));
         s.client(10, sales(1, 2).substr(10));
     },
     {"> 0200 000001", "> 0200 000002"},
     {"retransmitted 1"}},
    {"overlap with other bytes: the first ones count",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1));
         s.client(size - 6, "999999" + sale_frame(2));
     },
     {"> 0200 000001", "> 0200 000002"},
     {"conflicts 1", "retransmitted 1"}},
    {"overlap of segments that wait",
     [](Scene& s) {
         s.open();
         s.client(20, sales(1, 2).substr(20, 30));
         s.client(30, sales(1, 3).substr(30));
         s.client(0, sales(1, 1).substr(0, 25));
     },
     {"> 0200 000001", "> 0200 000002", "> 0200 000003"},
     {"out_of_order 2", "retransmitted 2"}},
    {"keep-alive: a byte in front of the next one means nothing",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1));
         s.client(size - 1, std::string(1, '\0'));
         s.client(size, sale_frame(2));
     },
     {"> 0200 000001", "> 0200 000002"}},
    // --- order
    {"out of order",
     [](Scene& s) {
         s.open();
         s.client(size, sale_frame(2));
         s.client(0, sale_frame(1));
     },
     {"> 0200 000001", "> 0200 000002"},
     {"out_of_order 1"}},
    {"five segments backwards",
     [](Scene& s) {
         s.open();
         for (int i = 4; i >= 0; --i) s.client(size * static_cast<std::uint32_t>(i), sale_frame(i + 1));
     },
     {"> 0200 000001", "> 0200 000002", "> 0200 000003", "> 0200 000004", "> 0200 000005"},
     {"out_of_order 4"}},
    {"FIN before data",
     [](Scene& s) {
         s.open();
         s.client(size, "", "FA");
         s.client(0, sale_frame(1));
     },
     {"> 0200 000001"}},
    {"FIN with data, ahead of the data in front of it",
     [](Scene& s) {
         s.open();
         s.client(size, sale_frame(2), "FA");
         s.client(0, sale_frame(1));
     },
     {"> 0200 000001", "> 0200 000002"},
     {"out_of_order 1"}},
    {"RST behind data",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1));
         s.client(size, "", "R");
     },
     {"> 0200 000001"}},
    // --- sequence numbers
    {"sequence numbers wrap inside a message",
     [](Scene& s) {
         s.client_start = 0xFFFFFFF0;
         s.open();
         s.client(0, sale_frame(1));
         s.client(size, sale_frame(2));
     },
     {"> 0200 000001", "> 0200 000002"}},
    {"sequence numbers wrap, out of order",
     [](Scene& s) {
         s.client_start = 0xFFFFFFF0;
         s.open();
         s.client(size, sale_frame(2));
         s.client(0, sale_frame(1));
         s.client(0, sale_frame(1));
     },
     {"> 0200 000001", "> 0200 000002"},
     {"out_of_order 1", "retransmitted 1"}},
    // --- gaps
    {"gap of one message, acknowledged",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1));
         s.client(2 * size, sale_frame(3));
         s.server_has(3 * size);
     },
     {"> 0200 000001", "> 34 missing in the capture", "> 0200 000003"},
     {"gaps 1", "missing_bytes 34", "out_of_order 1"}},
    {"gap inside a message: both of its ends are skipped",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1).substr(0, 20));
         s.client(25, sales(1, 2).substr(25));
         s.server_has(2 * size);
     },
     {"> 20 between missing bytes and the next message", "> 5 missing in the capture",
      "> 9 between missing bytes and the next message", "> 0200 000002"},
     {"gaps 1", "missing_bytes 5", "out_of_order 1", "skipped_bytes 29"}},
    {"gap that nobody acknowledged, at the end of the capture",
     [](Scene& s) {
         s.open();
         s.client(size, sale_frame(2));
     },
     {"> 34 missing in the capture", "> 0200 000002"},
     {"gaps 1", "missing_bytes 34", "out_of_order 1"},
     {},
     Judge::none},
    {"gap at the very end: acknowledged, never captured",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1));
         s.server_has(3 * size);
     },
     {"> 0200 000001", "> 68 missing in the capture"},
     {"gaps 1", "missing_bytes 68"},
     {},
     Judge::none},
    {"what reads as a long length behind a gap swallows nothing, up to the next gap and to the end",
     [](Scene& s) {
         s.open();
         s.client(1, wants_more + sales(2, 3));
         s.client(2 * size + 100, wants_more + sales(4, 5));
         s.server_has(4 * size + 100 + wants_more_size);
     },
     {"> 1 missing in the capture", "> 25 between missing bytes and the next message", "> 0200 000002",
      "> 0200 000003", "> 74 missing in the capture", "> 25 between missing bytes and the next message",
      "> 0200 000004", "> 0200 000005"},
     {"gaps 2", "missing_bytes 75", "out_of_order 2", "skipped_bytes 50"}},
    {"what reads as a long length between messages swallows none that follow",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1) + wants_more + sale_frame(2) + sale_frame(3).substr(0, 20));
     },
     {"> 0200 000001", "> 25 a message that the capture ends in", "> 0200 000002",
      "> 20 a message that the capture ends in"},
     {"skipped_bytes 45"}},
    {"packet cut by the snap length",
     [](Scene& s) {
         s.open();
         s.add({.sequence = s.client_start, .payload = sale_frame(1), .cut = 10});
         s.client(size, sale_frame(2));
         s.server_has(2 * size);
     },
     {"> 24 between missing bytes and the next message", "> 10 missing in the capture", "> 0200 000002"},
     {"cut_packets 1", "gaps 1", "missing_bytes 10", "out_of_order 1", "skipped_bytes 24"},
     {},
     Judge::none},
    // --- connections that are not there from beginning to end
    {"mid-stream, at the beginning of a message",
     [](Scene& s) {
         s.client(0, sale_frame(1));
         s.server(0, answer_frame(1));
     },
     sale_and_its_answer},
    {"mid-stream, inside a message",
     [](Scene& s) {
         s.client(20, sales(1, 2).substr(20));
         s.client(2 * size, sale_frame(3));
     },
     {"> 14 before the first whole message of a connection that was open already", "> 0200 000002",
      "> 0200 000003"},
     {"skipped_bytes 14"}},
    {"mid-stream, whose first segment ends inside the message to find",
     [](Scene& s) {
         s.client(20, sales(1, 2).substr(20, 30));
         s.client(50, sales(1, 2).substr(50));
     },
     {"> 14 before the first whole message of a connection that was open already", "> 0200 000002"},
     {"skipped_bytes 14"}},
    {"mid-stream, the second segment in front of the first",
     [](Scene& s) {
         s.client(size, sale_frame(2));
         s.client(0, sale_frame(1));
         s.client(2 * size, sale_frame(3));
     },
     {"> 0200 000001", "> 0200 000002", "> 0200 000003"},
     {"out_of_order 1"},
     {},
     Judge::none},
    {"mid-stream, the second segment overlaps the first one's beginning",
     [](Scene& s) {
         s.client(size, sale_frame(2));
         s.client(0, sales(1, 2).substr(0, size + 10));
     },
     {"> 0200 000001", "> 0200 000002"},
     {"out_of_order 1", "retransmitted 1"},
     {},
     Judge::none},
    {"mid-stream, with bytes missing between the second segment and the first",
     [](Scene& s) {
         s.client(2 * size, sale_frame(3));
         s.client(0, sale_frame(1));
         s.server_has(3 * size);
     },
     {"> 0200 000001", "> 34 missing in the capture", "> 0200 000003"},
     {"gaps 1", "missing_bytes 34", "out_of_order 1"},
     {},
     Judge::none},
    {"mid-stream, numbers that wrap between the second segment and the first",
     [](Scene& s) {
         s.client_start = 0xFFFFFFF0;
         s.client(size, sale_frame(2));
         s.client(0, sale_frame(1));
     },
     {"> 0200 000001", "> 0200 000002"},
     {"out_of_order 1"},
     {},
     Judge::none},
    {"mid-stream, the third segment in front of the others comes too late, and that is said",
     [](Scene& s) {
         s.client(size, sale_frame(2));
         s.client(2 * size, sale_frame(3));
         s.client(0, sale_frame(1));
     },
     {"> 0200 000002", "> 0200 000003"},
     {"too_late 1"},
     {},
     Judge::none},
    {"mid-stream, what the receiver has already comes again",
     [](Scene& s) {
         s.server_has(size);
         s.client(size, sale_frame(2));
         s.client(0, sale_frame(1));
         s.server(0, answer_frame(2));
     },
     {"> 0200 000002", "< 0210 000002"},
     {"too_late 1"},
     {},
     Judge::none},
    {"one-sided: only the client was captured",
     [](Scene& s) {
         s.client(0, sale_frame(1));
         s.client(size, sale_frame(2));
     },
     {"> 0200 000001", "> 0200 000002"}},
    {"one-sided: only the server was captured",
     [](Scene& s) { s.server(0, answer_frame(1)); },
     {"< 0210 000001"}},
    {"the server asks first, and its port is the lower one",
     [](Scene& s) { s.server(0, echo_frame(1)); },
     {"< 0800 000001"}},
    {"data on the SYN",
     [](Scene& s) {
         s.add({.sequence = s.client_start - 1, .flags = "S", .payload = sale_frame(1)});
         s.client(size, sale_frame(2));
     },
     {"> 0200 000001", "> 0200 000002"},
     {},
     {},
     Judge::none},
    {"the same ports again",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1));
         s.client(size, "", "FA");
         s.client_start = 900'000;
         s.server_start = 800'000;
         s.open();
         s.client(0, sale_frame(2));
         s.server(0, answer_frame(2));
     },
     {"> 0200 000001", "> 0200 000002", "< 0210 000002"},
     {"connections 2"}},
    {"two connections between each other",
     [](Scene& s) {
         s.add({.sequence = 1, .payload = sale_frame(1).substr(0, 9), .client_port = 50'000});
         s.add({.sequence = 1, .payload = sale_frame(2), .client_port = 50'001});
         s.add({.sequence = 10, .payload = sale_frame(1).substr(9), .client_port = 50'000});
     },
     {"> 0200 000001", "> 0200 000002"}, // nothing tells that the second one's only segment is its first
     {"connections 2"}},
    // --- what stands around the segments
    {"VLAN", sale_and_answer, sale_and_its_answer, {}, {Link::vlan}},
    {"VLAN inside VLAN", sale_and_answer, sale_and_its_answer, {}, {Link::two_vlans}},
    {"Linux cooked", sale_and_answer, sale_and_its_answer, {}, {Link::cooked}},
    {"Linux cooked 2", sale_and_answer, sale_and_its_answer, {}, {Link::cooked_2}},
    {"raw IP", sale_and_answer, sale_and_its_answer, {}, {Link::raw}},
    {"loopback", sale_and_answer, sale_and_its_answer, {}, {Link::loopback}},
    {"IPv4 with options", sale_and_answer, sale_and_its_answer, {}, {.ip = Ip::v4_with_options}},
    {"IPv6", sale_and_answer, sale_and_its_answer, {}, {.ip = Ip::v6}},
    {"IPv6 with an extension header",
     sale_and_answer,
     sale_and_its_answer,
     {},
     {.ip = Ip::v6_with_extension}},
    {"IPv6 in cooked 2", sale_and_answer, sale_and_its_answer, {}, {Link::cooked_2, Ip::v6}},
    {"pcapng", sale_and_answer, sale_and_its_answer, {}, {.file = File::pcapng}},
    {"pcap with nanoseconds", sale_and_answer, sale_and_its_answer, {}, {.file = File::pcap_ns}},
    {"Ethernet padding is no payload",
     [](Scene& s) {
         s.open();
         s.add({.sequence = s.client_start, .payload = sale_frame(1).substr(0, 4), .padding = 6});
         s.client(4, sale_frame(1).substr(4));
     },
     {"> 0200 000001"}},
    {"IP fragments and other protocols are counted",
     [](Scene& s) {
         s.open();
         s.add({.sequence = s.client_start, .payload = sale_frame(1), .fragment = 0x2000});
         s.add({.sequence = s.client_start, .payload = sale_frame(1), .protocol = 17});
         s.client(0, sale_frame(2));
     },
     {"> 0200 000002"},
     {"fragments 1", "other_packets 1"},
     {},
     Judge::none},
    // --- streams that are something else
    {"TLS is said to be TLS",
     [](Scene& s) {
         s.open();
         s.client(0, std::string("\x16\x03\x01\x00\x30\x01", 6) + std::string(47, 'x'));
     },
     {"> 53 TLS: nothing of it can be read here"},
     {"skipped_bytes 53"}},
    {"a whole frame that does not decode, and a good one behind it",
     [](Scene& s) {
         s.open();
         s.client(0, std::string("\x00\x05hello", 7) + sale_frame(1));
     },
     {"> 5 MTI at byte 0: not four digits of a known version", "> 0200 000001"},
     {"unread_messages 1"}},
    {"a length that lies: on with the next message",
     [](Scene& s) {
         s.open();
         s.client(0, "\xFF\xFFnonsense" + sale_frame(1));
     },
     {"> 10 the length is above the limit", "> 0200 000001"},
     {"skipped_bytes 10"}},
    {"the capture ends inside a message",
     [](Scene& s) {
         s.open();
         s.client(0, sale_frame(1) + sale_frame(2).substr(0, 12));
     },
     {"> 0200 000001", "> 12 a message that the capture ends in"},
     {"skipped_bytes 12"}},
};

} // namespace

std::string sale_frame(int stan)
{
    return frame("0200", stan);
}

std::string answer_frame(int stan)
{
    return frame("0210", stan);
}

void Scene::open()
{
    add({.sequence = client_start - 1, .flags = "S"});
    add({.from = Sender::server, .sequence = server_start - 1, .acknowledged = client_start, .flags = "SA"});
    add({.sequence = client_start, .acknowledged = server_start});
}

void Scene::client(std::uint32_t offset, const std::string& payload, std::string_view flags)
{
    add({.sequence = client_start + offset,
         .acknowledged = server_start,
         .flags = flags,
         .payload = payload});
}

void Scene::server(std::uint32_t offset, const std::string& payload, std::string_view flags)
{
    add({.from = Sender::server,
         .sequence = server_start + offset,
         .acknowledged = client_start,
         .flags = flags,
         .payload = payload});
}

void Scene::server_has(std::uint32_t offset)
{
    add({.from = Sender::server, .sequence = server_start, .acknowledged = client_start + offset});
}

void Scene::client_has(std::uint32_t offset)
{
    add({.sequence = client_start, .acknowledged = server_start + offset});
}

std::span<const SceneRow> scene_rows()
{
    return rows;
}

std::string pcap_of(const SceneRow& row)
{
    Scene scene(row.form);
    row.play(scene);
    return scene.bytes();
}

} // namespace tests
