#include "codec/framing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using codec::append_frame;
using codec::FrameReader;
using codec::Framing;
using Status = codec::FrameReader::Status;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes message_of(std::size_t size, std::uint8_t first)
{
    Bytes message(size);
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::uint8_t>(first + i * 7);
    return message;
}

void feed(FrameReader& reader, std::span<const std::uint8_t> bytes)
{
    while (!bytes.empty()) {
        const auto space = reader.space();
        REQUIRE_FALSE(space.empty());
        const std::size_t size = std::min(space.size(), bytes.size());
        std::copy_n(bytes.begin(), size, space.begin());
        reader.received(size);
        bytes = bytes.subspan(size);
    }
}

/// Everything that is ready, as text: messages as their bytes, "-" for an empty frame, "!" for a bad length.
std::vector<Bytes> drain(FrameReader& reader)
{
    std::vector<Bytes> messages;
    for (;;) {
        const FrameReader::Next next = reader.next();
        if (next.status == Status::need_more) return messages;
        if (next.status == Status::bad_length) {
            messages.push_back({'!'});
            return messages;
        }
        CHECK((next.status == Status::empty) == next.message.empty());
        messages.emplace_back(next.message.begin(), next.message.end());
    }
}

void append(std::vector<Bytes>& all, std::vector<Bytes> more)
{
    all.insert(all.end(), more.begin(), more.end());
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
            std::vector<Bytes> seen;
            feed(reader, std::span(stream).first(split));
            append(seen, drain(reader));
            feed(reader, std::span(stream).subspan(split));
            append(seen, drain(reader));
            CHECK(seen == messages);
            CHECK_FALSE(reader.is_mid_frame());
        }
    }
    SUBCASE("in pieces of one size")
    {
        for (std::size_t size = 1; size <= 150; ++size) {
            CAPTURE(size);
            FrameReader reader({});
            std::vector<Bytes> seen;
            for (std::size_t at = 0; at < stream.size(); at += size) {
                feed(reader, std::span(stream).subspan(at, std::min(size, stream.size() - at)));
                append(seen, drain(reader));
            }
            CHECK(seen == messages);
        }
    }
    SUBCASE("all at once, taken late")
    {
        FrameReader reader({});
        feed(reader, stream);
        CHECK(drain(reader) == messages);
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
        for (const Bytes& message : drain(reader)) {
            CHECK(message == message_of(count % 700, static_cast<std::uint8_t>(count)));
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
        CHECK(drain(reader) == std::vector<Bytes>{message_of(limit, 5)});
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
    CHECK(drain(reader) == std::vector<Bytes>{message_of(10, 1), {'!'}});
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
