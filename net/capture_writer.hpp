/// Writes captures: the messages that went between a network and a server, as JSON lines without card data.
/// A header, a record per frame in the order of time, and a trailer that shows when something is missing.
/// The format is in docs/captures.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace net {

inline constexpr std::string_view capture_schema = "tollgate/capture/1";

/// A capture that cannot be read or written; what() is "file:line: what is wrong". Never holds a value.
struct CaptureError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Microseconds since 1970-01-01, UTC.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

struct CaptureHeader {
    std::string dialect;          ///< a built-in name, or a file's
    std::string framing = "be16"; ///< of codec/frame_rule.hpp
    std::string header = "none";  ///< between frame and MTI, of codec/frame_header.hpp
    std::string network;          ///< whose traffic it is; empty: nobody said
    std::string pseudonym_key;    ///< id of the key of the test card numbers; never the key
    std::string source;           ///< "import of shop.pcap": for people
    WallTime started_at;

    friend bool operator==(const CaptureHeader&, const CaptureHeader&) = default;
};

/// `request`: from the network's side to the server, `answer`: back; whatever the message is.
enum class Direction : std::uint8_t { request, answer };

/// Where and when a frame was seen.
struct CapturePlace {
    WallTime at;
    std::uint32_t connection = 0; ///< of this capture, from 1
    Direction direction = Direction::request;

    friend bool operator==(const CapturePlace&, const CapturePlace&) = default;
};

/// What stands for bytes that are no readable message. The bytes themselves are not kept: they may hold card
/// data.
struct Unread {
    std::uint64_t bytes = 0;
    std::string reason; ///< for people; without any value

    friend bool operator==(const Unread&, const Unread&) = default;
};

/// Writes one capture as it is made; holds one buffer, whatever its length. Not thread-safe.
class CaptureWriter {
public:
    /// name     of the file, for errors
    /// throws   CaptureError, as all that follow
    CaptureWriter(std::ostream& out, std::string name, const CaptureHeader& header);
    ~CaptureWriter();
    CaptureWriter(const CaptureWriter&) = delete;
    CaptureWriter& operator=(const CaptureWriter&) = delete;

    /// message  JSON text of one object, on one line, without card data: see capture_message.hpp
    /// dropped  JSON text of an array; empty for none
    void add(const CapturePlace& place, std::string_view message, std::string_view dropped);
    void add(const CapturePlace& place, const Unread& unread);
    /// Hands all that was added to the operating system.
    void flush();
    /// Writes the trailer. Nothing can be added afterwards; without it the capture counts as truncated.
    /// dropped_records  that could not be taken, because they came too fast
    void finish(std::uint64_t dropped_records = 0);

    [[nodiscard]] std::uint64_t records() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace net
