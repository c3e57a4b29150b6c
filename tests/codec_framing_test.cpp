#include "codec/framing.hpp"

#include "tests/support/framed_stream.hpp"
#include "tests/support/golden.hpp"

#include <string>

using codec::append_frame;
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

Bytes message_of(std::size_t size, std::uint8_t first)
{
    Bytes message(size);
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::uint8_t>(first + i * 7);
    return message;
}

std::vector<Seen> messages_of(const std::vector<Bytes>& messages)
{
    std::vector<Seen> seen;
    for (const Bytes& message : messages)
        seen.push_back({message.empty() ? Status::empty : Status::message, message});
    return seen;
}

void append(std::vector<Seen>& all, const std::vector<Seen>& more)
{
    all.insert(all.end(), more.begin(), more.end());
}

Bytes fragment(std::size_t size, std::uint8_t more, std::size_t seed)
{
    const Bytes head{0xD0, 0x4A, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size),
                     more, 0};
    return head + text_of(size, seed);
}

} // namespace

TEST_CASE("framing: header and message")
{
    Bytes out = {9};
    append_frame({}, Bytes{'a', 'b'}, out);
    append_frame({}, Bytes{}, out);
    append_frame({}, message_of(0x0203, 0), out);
    REQUIRE(out.size() == 1 + 4 + 2 + 2 + 0x0203);
    CHECK(Bytes(out.begin(), out.begin() + 9) == Bytes{9, 0, 2, 'a', 'b', 0, 0, 2, 3});
}

TEST_CASE("framing: a stream gives the same messages wherever it is split")
{
    const std::vector<Bytes> messages = {
        message_of(132, 1), {}, message_of(1, 2), message_of(300, 3), message_of(7, 4)};
    Bytes stream;
    for (const Bytes& message : messages) append_frame({}, message, stream);

    SUBCASE("in two pieces")
    {
        for (std::size_t split = 0; split <= stream.size(); ++split) {
            CAPTURE(split);
            FrameReader reader({});
            std::vector<Seen> seen;
            feed(reader, std::span(stream).first(split));
            append(seen, drain(reader));
            feed(reader, std::span(stream).subspan(split));
            append(seen, drain(reader));
            CHECK(seen == messages_of(messages));
            CHECK_FALSE(reader.is_mid_frame());
        }
    }
    SUBCASE("in pieces of one size")
    {
        for (std::size_t size = 1; size <= 150; ++size) {
            CAPTURE(size);
            FrameReader reader({});
            std::vector<Seen> seen;
            for (std::size_t at = 0; at < stream.size(); at += size) {
                feed(reader, std::span(stream).subspan(at, std::min(size, stream.size() - at)));
                append(seen, drain(reader));
            }
            CHECK(seen == messages_of(messages));
        }
    }
    SUBCASE("all at once, taken late")
    {
        FrameReader reader({});
        feed(reader, stream);
        CHECK(drain(reader) == messages_of(messages));
    }
}

TEST_CASE("framing: many messages through one reader")
{
    FrameReader reader({});
    Bytes stream;
    for (std::size_t i = 0; i < 2000; ++i)
        append_frame({}, message_of(i % 700, static_cast<std::uint8_t>(i)), stream);
    std::size_t count = 0;
    for (std::size_t at = 0; at < stream.size(); at += 1460) {
        feed(reader, std::span(stream).subspan(at, std::min<std::size_t>(1460, stream.size() - at)));
        for (const Seen& seen : drain(reader)) {
            CHECK(seen.message == message_of(count % 700, static_cast<std::uint8_t>(count)));
            ++count;
        }
    }
    CHECK(count == 2000);
    CHECK(reader.space().size() <= 8192); // what was taken is given back
}

TEST_CASE("framing: a length up to the limit is a message, one more is the end")
{
    for (const std::size_t limit : {1U, 100U, 8192U, 65'535U}) {
        CAPTURE(limit);
        FrameReader reader({.message_bytes_max = limit});
        Bytes stream;
        append_frame({.message_bytes_max = limit}, message_of(limit, 5), stream);
        feed(reader, stream);
        CHECK(drain(reader) == messages_of({message_of(limit, 5)}));
        if (limit == 65'535U) continue; // no header says more

        feed(reader,
             Bytes{static_cast<std::uint8_t>((limit + 1) >> 8), static_cast<std::uint8_t>(limit + 1)});
        CHECK(reader.next().status == Status::bad_length);
    }
}

TEST_CASE("framing: wrong lengths are told from the header alone, and stay")
{
    for (const Bytes& start :
         {Bytes{0xFF, 0xFF}, Bytes{'H', 'T', 'T', 'P', '/', '1'}, Bytes{0x16, 0x03, 0x01, 0x02}}) {
        FrameReader reader({.message_bytes_max = 4096});
        feed(reader, start);
        CHECK(reader.next().status == Status::bad_length);
        CHECK(reader.next().status == Status::bad_length);
        Bytes good;
        append_frame({}, message_of(10, 1), good);
        feed(reader, good);
        CHECK(reader.next().status == Status::bad_length);
    }
}

TEST_CASE("framing: messages before a bad length are given")
{
    FrameReader reader({});
    Bytes stream;
    append_frame({}, message_of(10, 1), stream);
    stream.insert(stream.end(), {0xFF, 0xFF});
    feed(reader, stream);
    CHECK(drain(reader) == std::vector<Seen>{{Status::message, message_of(10, 1)}, {Status::bad_length, {}}});
}

TEST_CASE("framing: memory grows with what has come, not with what is claimed")
{
    FrameReader reader({.message_bytes_max = 65'535});
    feed(reader, Bytes{0xFF, 0xFF}); // claims 64 KiB and sends two bytes
    CHECK(reader.next().status == Status::need_more);
    CHECK(reader.space().size() <= 4096);
    for (int i = 0; i < 4000; ++i) feed(reader, Bytes{1});
    CHECK(reader.next().status == Status::need_more);
    CHECK(reader.space().size() <= 8192);
}

TEST_CASE("framing: a broken stream keeps nothing, however much comes")
{
    FrameReader reader({});
    feed(reader, Bytes(100'000, 0xFF));
    CHECK(reader.next().status == Status::bad_length);
    for (int i = 0; i < 100; ++i) feed(reader, Bytes(10'000, 0xFF));
    CHECK(reader.space().size() <= 262'144);
}

TEST_CASE("framing: mid-frame is from a frame's first byte to before its last")
{
    FrameReader reader({});
    CHECK_FALSE(reader.is_mid_frame());
    feed(reader, Bytes{0});
    CHECK(reader.is_mid_frame());
    feed(reader, Bytes{2});
    CHECK(reader.is_mid_frame());
    feed(reader, Bytes{'a'});
    CHECK(reader.is_mid_frame());
    feed(reader, Bytes{'b'});
    CHECK_FALSE(reader.is_mid_frame());
    CHECK(reader.next().status == Status::message);
    CHECK_FALSE(reader.is_mid_frame());
    feed(reader, Bytes{0, 0});
    CHECK_FALSE(reader.is_mid_frame());
    CHECK(reader.next().status == Status::empty);
}

TEST_CASE("framing: a message that was taken is overwritten before the next bytes come")
{
    FrameReader reader({});
    Bytes stream;
    append_frame({}, Bytes{'4', '0', '0', '0', '=', '2', '5'}, stream);
    feed(reader, stream);
    const auto message = reader.next().message;
    CHECK(message[0] == '4');
    (void)reader.space();
    CHECK(std::all_of(message.begin(), message.end(), [](std::uint8_t byte) { return byte == 0; }));
}

TEST_CASE("framing: fragments are put together, however they are split and whatever follows")
{
    const Framing framing{8'192, find_frame_rule("rbp")};
    const Bytes stream = fragment(7, 1, 0) + fragment(1, 1, 7) + fragment(30, 0, 8) + fragment(5, 0, 0) +
                         fragment(2, 1, 0) + fragment(0, 0, 0) + fragment(0, 0, 0);
    const std::vector<Bytes> messages = {text_of(38), text_of(5), text_of(2), {}};
    CHECK(read_all(framing, stream) == messages_of(messages));
    for (std::size_t split = 0; split <= stream.size(); ++split) {
        CAPTURE(split);
        FrameReader reader(framing);
        feed(reader, std::span(stream).first(split));
        auto seen = drain(reader);
        feed(reader, std::span(stream).subspan(split));
        append(seen, drain(reader));
        CHECK(seen == messages_of(messages));
    }
    FrameReader reader(framing);
    std::vector<Seen> seen;
    for (const std::uint8_t byte : stream) {
        feed(reader, Bytes{byte});
        append(seen, drain(reader));
    }
    CHECK(seen == messages_of(messages));
}

TEST_CASE("framing: fragments are bounded in number and in sum")
{
    const Framing framing{100, find_frame_rule("rbp")};
    Bytes fifteen;
    for (std::size_t i = 0; i < 15; ++i) fifteen = fifteen + fragment(2, 1, 2 * i);
    struct Row {
        const char* name;
        Bytes stream;
        Seen expected;
    };
    const Row rows[] = {
        {"sixteen", fifteen + fragment(2, 0, 30), {Status::message, text_of(32)}},
        {"sixteen and no end", fifteen + fragment(2, 1, 30), {Status::bad_frame, {}}},
        {"sum at the limit", fragment(60, 1, 0) + fragment(40, 0, 60), {Status::message, text_of(100)}},
        {"claimed sum above the limit",
         fragment(60, 1, 0) + Bytes{0xD0, 0x4A, 0, 41, 0, 0},
         {Status::bad_length, {}}},
        {"empty, and not the last", fragment(0, 1, 0), {Status::bad_length, {}}},
        {"not a fragment", fragment(60, 1, 0) + Bytes{0}, {Status::bad_frame, {}}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(read_all(framing, row.stream) == std::vector{row.expected});
    }
}

TEST_CASE("framing: what a joined message leaves behind is overwritten, too")
{
    FrameReader reader(Framing{8'192, find_frame_rule("rbp")});
    const Bytes stream = fragment(10, 1, 0) + fragment(10, 0, 10);
    feed(reader, stream);
    const std::uint8_t* const begin = reader.next().message.data() - 6;
    (void)reader.space();
    CHECK(std::all_of(begin, begin + stream.size(), [](std::uint8_t byte) { return byte == 0; }));
}

// Rules that other implementations assert in their tests (moov-io/iso8583, Apache-2.0) or that their code
// shows.
TEST_CASE("framing: published headers are written and read")
{
    struct Vector {
        const char* id;
        const char* framing;
        std::size_t payload;
        const char* header;
        const char* trailer;
    };
    const Vector vectors[] = {
        {"frame-ascii4", "ascii4", 115, "30313135", ""},
        {"frame-bcd2", "bcd2", 115, "0115", ""},
        {"frame-bin2", "be16", 319, "013f", ""},
        {"frame-vmlh", "be16-zeros", 15, "000f0000", ""},
        {"frame-rule-asciichannel", "ascii4", 119, "30313139", ""},
        {"frame-rule-amexchannel", "be16-inclusive", 119, "0079", ""},
        {"frame-rule-base24tcpchannel", "be16-etx", 119, "0078", "03"},
        {"frame-rule-base24channel", "etx", 119, "", "03"},
        {"frame-rule-bcdchannel", "bcd2", 119, "0119", ""},
        {"frame-rule-cmfchannel", "be24", 119, "000077", ""},
        {"frame-rule-cschannel", "be16-zeros-long", 119, "00770000", ""},
        {"frame-rule-giccchannel", "zeros-be16", 119, "00000077", ""},
        {"frame-rule-hexchannel", "hex4", 119, "30303737", ""},
        {"frame-rule-nacchannel", "be16", 119, "0077", ""},
        {"frame-rule-nccchannel", "bcd2", 119, "0119", ""},
        {"frame-rule-postchannel", "be16", 119, "0077", ""},
        {"frame-rule-rawchannel", "be32", 119, "00000077", ""},
        {"frame-rule-rbpchannel", "rbp", 119, "d04a00770000", ""},
        {"frame-rule-vapchannel", "be16-zeros", 119, "00770000", ""},
    };
    for (const Vector& vector : vectors) {
        CAPTURE(vector.id);
        const Framing framing{65'535, find_frame_rule(vector.framing)};
        const Bytes message = text_of(vector.payload);
        const Bytes frame = bytes_of_hex(vector.header) + message + bytes_of_hex(vector.trailer);
        CHECK(frame_of(framing, message) == frame);
        CHECK(read_all(framing, frame) == messages_of({message}));
    }
}

TEST_CASE("framing: published headers that are no message")
{
    const Framing visa{65'535, find_frame_rule("be16-zeros")};
    const Framing ascii{65'535, find_frame_rule("ascii4")};
    CHECK(read_all(visa, bytes_of_hex("000f0020") + text_of(15)) ==
          std::vector<Seen>{{Status::control, text_of(15)}}); // frame-vmlh-session
    CHECK(read_all(visa, bytes_of_hex("ffff0020")) == std::vector<Seen>{{Status::bad_length, {}}});
    CHECK(read_all(ascii, bytes_of_hex("2d303031")) == std::vector<Seen>{{Status::bad_length, {}}});
    // A header cut short is not a length: on a stream it waits for its end, and the link's frame timeout ends
    // it.
    FrameReader reader(ascii);
    feed(reader, bytes_of_hex("303131"));
    CHECK(reader.next().status == Status::need_more);
    CHECK(reader.is_mid_frame());
}
