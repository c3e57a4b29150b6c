#include "codec/frame_rule.hpp"

#include "tests/support/framed_stream.hpp"
#include "tests/support/golden.hpp"

#include <string>

using codec::find_frame_rule;
using codec::FrameReader;
using codec::Framing;
using framed::Bytes;
using framed::drain;
using framed::feed;
using framed::frame_of;
using framed::read_all;
using framed::Seen;
using framed::Status;
using framed::text_of;
using framed::operator+;
using golden::bytes_of_hex;

namespace {

Framing framing_of(std::string_view name, std::size_t limit = 65'535)
{
    const auto* rule = find_frame_rule(name);
    REQUIRE_MESSAGE(rule != nullptr, name);
    return {limit, rule};
}

Bytes bytes_of(std::string_view text)
{
    return Bytes(text.begin(), text.end());
}

Seen message(std::string_view text)
{
    return {Status::message, bytes_of(text)};
}

/// The bytes of three frames: around "0800ABC", around nothing, and the greatest message (0: not told here).
struct Layout {
    std::string_view name;
    std::string_view frame;
    std::string_view empty;
    std::size_t largest;
};

const Layout layouts[] = {
    {"be16", "0007 30383030414243", "0000", 65'535},
    {"be16-inclusive", "0009 30383030414243", "0002", 65'533},
    {"le16", "0700 30383030414243", "0000", 65'535},
    {"be24", "000007 30383030414243", "000000", 65'535},
    {"be32", "00000007 30383030414243", "00000000", 65'535},
    {"be32-inclusive", "0000000B 30383030414243", "00000004", 65'535},
    {"be16-zeros", "0007 0000 30383030414243", "00000000", 2'048},
    {"be16-zeros-long", "0007 0000 30383030414243", "00000000", 65'535},
    {"zeros-be16", "0000 0007 30383030414243", "00000000", 65'535},
    {"rbp", "D04A 0007 0000 30383030414243", "D04A00000000", 65'535},
    {"bcd2", "0007 30383030414243", "0000", 9'999},
    {"hex4", "30303037 30383030414243", "30303030", 65'535},
    {"ascii3", "303037 30383030414243", "303030", 999},
    {"ascii4", "30303037 30383030414243", "30303030", 9'999},
    {"ascii5", "3030303037 30383030414243", "3030303030", 65'535},
    {"ascii6", "303030303037 30383030414243", "303030303030", 65'535},
    {"ascii3-inclusive", "303130 30383030414243", "303033", 996},
    {"ascii4-inclusive", "30303131 30383030414243", "30303034", 9'995},
    {"ascii5-inclusive", "3030303132 30383030414243", "3030303035", 65'535},
    {"ascii6-inclusive", "303030303133 30383030414243", "303030303036", 65'535},
    {"ascii5-crlf", "3030303037 0D0A 30383030414243", "30303030300D0A", 65'535},
    {"be16-etx", "0008 30383030414243 03", "0001 03", 65'534},
    {"etx", "30383030414243 03", "03", 65'535},
    {"stx-etx-lrc", "02 30383030414243 03 4B", "02 03 03", 65'535},
};

} // namespace

TEST_CASE("framings: the table of the test is the table of the code")
{
    REQUIRE(codec::frame_rules().size() == std::size(layouts));
    for (std::size_t i = 0; i < std::size(layouts); ++i)
        CHECK(codec::frame_rules()[i].name == layouts[i].name);
}

TEST_CASE("framings: each has exactly these bytes, written and read")
{
    for (const Layout& row : layouts) {
        CAPTURE(row.name);
        const Framing framing = framing_of(row.name);
        CHECK(frame_of(framing, bytes_of("0800ABC")) == bytes_of_hex(row.frame));
        CHECK(frame_of(framing, {}) == bytes_of_hex(row.empty));
        CHECK(read_all(framing, bytes_of_hex(row.frame)) == std::vector{message("0800ABC")});
        CHECK(read_all(framing, bytes_of_hex(row.empty)) == std::vector{Seen{Status::empty, {}}});
    }
}

TEST_CASE("framings: every strict prefix of a frame needs more, and is mid-frame")
{
    for (const Layout& row : layouts) {
        CAPTURE(row.name);
        FrameReader reader(framing_of(row.name));
        CHECK_FALSE(reader.is_mid_frame());
        const Bytes frame = bytes_of_hex(row.frame);
        for (const std::uint8_t& byte : frame) {
            REQUIRE(reader.next().status == Status::need_more);
            feed(reader, Bytes{byte});
            CHECK(reader.is_mid_frame() == (&byte != &frame.back()));
        }
        CHECK(drain(reader) == std::vector{message("0800ABC")});
        CHECK_FALSE(reader.is_mid_frame());
    }
}

TEST_CASE("framings: merged frames come apart wherever the stream is split")
{
    const std::vector<Seen> expected = {
        message("0800ABC"), {Status::empty, {}}, message("0200"), {Status::message, text_of(200)}};
    for (const Layout& row : layouts) {
        CAPTURE(row.name);
        const Framing framing = framing_of(row.name);
        Bytes stream;
        for (const Seen& seen : expected) stream = stream + frame_of(framing, seen.message);
        for (std::size_t split = 0; split <= stream.size(); ++split) {
            FrameReader reader(framing);
            feed(reader, std::span(stream).first(split));
            auto seen = drain(reader);
            feed(reader, std::span(stream).subspan(split));
            const auto rest = drain(reader);
            seen.insert(seen.end(), rest.begin(), rest.end());
            REQUIRE(seen == expected);
        }
    }
}

TEST_CASE("framings: an empty frame is given back whole, so that it can be echoed")
{
    for (const Layout& row : layouts) {
        CAPTURE(row.name);
        FrameReader reader(framing_of(row.name));
        feed(reader, bytes_of_hex(row.empty));
        const auto frame = reader.next().frame;
        CHECK(Bytes(frame.begin(), frame.end()) == bytes_of_hex(row.empty));
    }
}

TEST_CASE("framings: a message of the limit passes, one byte more is a lie")
{
    for (const Layout& row : layouts) {
        for (const std::size_t limit : {std::size_t{1}, std::size_t{100}, std::size_t{990}}) {
            CAPTURE(row.name);
            CAPTURE(limit);
            const Bytes good = frame_of(framing_of(row.name), text_of(limit));
            const Bytes bad = frame_of(framing_of(row.name), text_of(limit + 1));
            CHECK(read_all(framing_of(row.name, limit), good + bad) ==
                  std::vector<Seen>{{Status::message, text_of(limit)}, {Status::bad_length, {}}});
        }
    }
}

TEST_CASE("framings: no message is larger than its length can say")
{
    for (const Layout& row : layouts) {
        CAPTURE(row.name);
        const Framing framing = framing_of(row.name);
        CHECK(framing.limit() == row.largest);
        const Bytes largest = text_of(row.largest);
        CHECK(codec::can_carry(framing, largest));
        CHECK_FALSE(codec::can_carry(framing, text_of(row.largest + 1)));
        CHECK(read_all(framing, frame_of(framing, largest)) == std::vector<Seen>{{Status::message, largest}});
    }
}

TEST_CASE("framings: lies are told once they are there, and for ever")
{
    struct Lie {
        std::string_view name;
        std::string_view stream;
        Status status;
        std::string_view why;
    };
    const Lie lies[] = {
        {"be16", "FFFF", Status::bad_length, "above the limit"},
        {"be16", "2001", Status::bad_length, "above the limit"},
        {"be16-inclusive", "0001", Status::bad_length, "below its own size"},
        {"be16-inclusive", "0000", Status::bad_length, "below its own size"},
        {"le16", "0120", Status::bad_length, "above the limit"},
        {"be24", "010000", Status::bad_length, "above the limit"},
        {"be32", "FFFFFFFF", Status::bad_length, "above the limit"},
        {"be32", "80000000", Status::bad_length, "above the limit"},
        {"be32-inclusive", "00000003", Status::bad_length, "below its own size"},
        {"be16-zeros", "0801", Status::bad_length, "above the limit"},
        {"be16-zeros", "0007 01", Status::bad_frame, "behind the length"},
        {"be16-zeros", "0007 0010", Status::bad_frame, "behind the length"},
        {"be16-zeros-long", "0007 0020", Status::bad_frame, "behind the length"},
        {"zeros-be16", "01", Status::bad_frame, "before the length"},
        {"zeros-be16", "0001", Status::bad_frame, "before the length"},
        {"rbp", "D0 4B", Status::bad_frame, "before the length"},
        {"rbp", "D04A 0007 02", Status::bad_frame, "behind the length"},
        {"rbp", "D04A 0007 00 01", Status::bad_frame, "behind the length"},
        {"bcd2", "000A", Status::bad_length, "not a number"},
        {"bcd2", "A000", Status::bad_length, "not a number"},
        {"hex4", "30303047", Status::bad_length, "not a number"},   // G
        {"hex4", "30783037", Status::bad_length, "not a number"},   // 0x07
        {"ascii3", "303A37", Status::bad_length, "not a number"},   // behind the digits
        {"ascii3", "302F37", Status::bad_length, "not a number"},   // in front of them
        {"ascii4", "2D303031", Status::bad_length, "not a number"}, // -001
        {"ascii4", "2B303031", Status::bad_length, "not a number"}, // +001
        {"ascii4", "20203031", Status::bad_length, "not a number"}, // spaces
        {"ascii4", "F0F0F0F7", Status::bad_length, "not a number"}, // EBCDIC digits
        {"ascii4-inclusive", "30303033", Status::bad_length, "below its own size"},
        {"ascii6", "303038313933", Status::bad_length, "above the limit"}, // 8193
        {"ascii5-crlf", "3030303037 0A", Status::bad_frame, "behind the length"},
        {"ascii5-crlf", "3030303037 0D30", Status::bad_frame, "behind the length"},
        {"be16-etx", "0000", Status::bad_length, "below its own size"},
        {"be16-etx", "0005 30383030 04", Status::bad_frame, "trailer"},
        {"stx-etx-lrc", "30", Status::bad_frame, "does not begin"},
        {"stx-etx-lrc", "02 30383030 03 4B", Status::bad_frame, "checksum"},
    };
    for (const Lie& lie : lies) {
        CAPTURE(lie.name);
        CAPTURE(lie.stream);
        const Framing framing = framing_of(lie.name, 8'192);
        const Bytes good = frame_of(framing, bytes_of("0800ABC"));
        const Bytes stream = bytes_of_hex(lie.stream);
        FrameReader reader(framing);
        feed(reader, good + Bytes(stream.begin(), stream.end() - 1));
        CHECK(drain(reader) == std::vector{message("0800ABC")}); // what stands before the lie is given
        feed(reader, Bytes{stream.back()});
        const auto next = reader.next();
        CHECK(next.status == lie.status);
        CHECK(next.why.find(lie.why) != std::string_view::npos);
        CHECK_FALSE(reader.is_mid_frame());
        feed(reader, good);
        CHECK(reader.next().status == lie.status);
    }
}

TEST_CASE("framings: a frame that does not end is a lie at one byte over the limit")
{
    for (const std::string_view name : {"etx", "stx-etx-lrc"}) {
        CAPTURE(name);
        FrameReader reader(framing_of(name, 5'000));
        feed(reader, bytes_of(name == "etx" ? "" : "\x02") + text_of(5'000));
        CHECK(reader.next().status == Status::need_more);
        feed(reader, bytes_of("A"));
        CHECK(reader.next().status == Status::bad_length);
    }
}

TEST_CASE("framings: where a byte ends the frame, a message with that byte cannot be sent")
{
    for (const codec::FrameRule& rule : codec::frame_rules()) {
        CAPTURE(rule.name);
        const bool ends_at_a_byte = rule.name == "etx" || rule.name == "stx-etx-lrc";
        CHECK(codec::can_carry({100, &rule}, Bytes{'0', 3, '0'}) == !ends_at_a_byte);
    }
}

TEST_CASE("framings: no memory is given for a claim")
{
    for (const Layout& row : layouts) {
        CAPTURE(row.name);
        const Framing framing = framing_of(row.name);
        Bytes head = frame_of(framing, text_of(row.largest));
        head.resize(framing.rule->head_bytes());
        FrameReader reader(framing);
        feed(reader, head);
        CHECK(reader.next().status == Status::need_more);
        CHECK(reader.space().size() <= 4'096);
    }
}

TEST_CASE("framings: hex digits are read in both cases and written in lower case")
{
    const Framing framing = framing_of("hex4");
    const Bytes lower = frame_of(framing, text_of(0xABC));
    CHECK(Bytes(lower.begin(), lower.begin() + 4) == bytes_of("0abc"));
    CHECK(read_all(framing, bytes_of("0aBC") + text_of(0xABC)) ==
          std::vector<Seen>{{Status::message, text_of(0xABC)}});
}

TEST_CASE("framings: a session-control frame is no message")
{
    const Framing framing = framing_of("be16-zeros");
    for (const std::string_view stream : {"0003 0020 414243", "0003 002F 414243"}) {
        FrameReader reader(framing);
        feed(reader, bytes_of_hex(stream));
        const auto next = reader.next();
        CHECK(next.status == Status::control);
        CHECK(Bytes(next.message.begin(), next.message.end()) == bytes_of("ABC"));
        CHECK(Bytes(next.frame.begin(), next.frame.end()) == bytes_of_hex(stream));
    }
    // The other half of the byte names a platform.
    CHECK(read_all(framing, bytes_of_hex("0003 0001 414243")) == std::vector{message("ABC")});
    CHECK(read_all(framing, bytes_of_hex("0000 0020")) == std::vector<Seen>{{Status::control, {}}});
}

TEST_CASE("framings: what cannot be served on TCP is refused with its reason")
{
    for (const std::string_view name : {"none", "x25", "pad"}) {
        CHECK(find_frame_rule(name) == nullptr);
        CHECK(codec::why_not_served(name).find("one read = one message") == 0);
    }
    CHECK(find_frame_rule("gzip") == nullptr);
    CHECK(codec::why_not_served("gzip").find("a compressed message") == 0);
    CHECK(find_frame_rule("be61") == nullptr);
    CHECK(codec::why_not_served("be61").empty());
}
