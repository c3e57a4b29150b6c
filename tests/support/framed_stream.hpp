#pragma once

#include "codec/framing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

/// Feeding a frame reader, and what comes out of it.
namespace framed {

using Bytes = std::vector<std::uint8_t>;
using Status = codec::FrameReader::Status;

/// Letters: no byte of it ends a frame.
inline Bytes text_of(std::size_t size, std::size_t seed = 0)
{
    Bytes text(size);
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<std::uint8_t>('A' + (i + seed) % 26);
    return text;
}

inline Bytes frame_of(const codec::Framing& framing, const Bytes& message)
{
    Bytes out;
    codec::append_frame(framing, message, out);
    return out;
}

inline Bytes operator+(Bytes a, const Bytes& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

inline void feed(codec::FrameReader& reader, std::span<const std::uint8_t> bytes)
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

/// One thing that a reader gave.
struct Seen {
    Status status = Status::need_more;
    Bytes message;

    friend bool operator==(const Seen&, const Seen&) = default;
};

/// Everything that is ready, up to the first lie.
inline std::vector<Seen> drain(codec::FrameReader& reader)
{
    std::vector<Seen> seen;
    for (;;) {
        const auto next = reader.next();
        if (next.status == Status::need_more) return seen;
        seen.push_back({next.status, Bytes(next.message.begin(), next.message.end())});
        if (next.status == Status::bad_length || next.status == Status::bad_frame) return seen;
    }
}

inline std::vector<Seen> read_all(const codec::Framing& framing, const Bytes& stream)
{
    codec::FrameReader reader(framing);
    feed(reader, stream);
    return drain(reader);
}

} // namespace framed
