/// A capture: the messages that went between a network and a server, as JSON lines without card data.
/// A header, a record per frame in the order of time, and a trailer that shows when something is missing.
/// The format is in docs/captures.md.
#pragma once

#include "codec/dialect.hpp"
#include "sim/recorder.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

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

/// Where and when a frame was seen. `request`: from the network's side to the server, `answer`: back;
/// whatever the message is.
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

struct CaptureRecord {
    std::uint64_t number = 0; ///< in the file, from 1
    CapturePlace place;
    /// {"mti": "0200", "fields": {"2": "4000001234560002", ...}}: what build_message() takes. Empty when
    /// there is no message.
    boost::json::object message;
    std::vector<std::string> dropped; ///< what it had and the capture has not: "52", "55.5F34", "64" (a MAC)
    std::optional<Unread> unread;     ///< then there is no message
};

struct CaptureTrailer {
    std::uint64_t records = 0;
    std::chrono::microseconds duration{0}; ///< from the first record to the last; 0 when none
    std::string sha256;                    ///< of all lines before, line ends included; lower-case hex
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
    void finish();

    [[nodiscard]] std::uint64_t records() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Reads one capture, line by line; holds one line.
class CaptureReader {
public:
    /// What to think of a capture without a trailer: its recorder was killed, or the file was cut.
    enum class Trailer : std::uint8_t { required, may_be_missing };

    /// Reads the header.
    /// name     of the file, for errors
    /// throws   CaptureError with file:line: no capture, one of a newer version, cut inside the header
    CaptureReader(std::istream& in, std::string name, Trailer trailer = Trailer::required);
    ~CaptureReader();
    CaptureReader(const CaptureReader&) = delete;
    CaptureReader& operator=(const CaptureReader&) = delete;

    [[nodiscard]] const CaptureHeader& header() const;
    /// The next record; nothing behind the last one, when the trailer was found true.
    /// throws   CaptureError with file:line: a line that is no record, a missing or a wrong trailer
    [[nodiscard]] std::optional<CaptureRecord> next();
    /// After the last record; nothing when it is missing.
    [[nodiscard]] const std::optional<CaptureTrailer>& trailer() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct Capture {
    CaptureHeader header;
    std::vector<CaptureRecord> records;
    std::optional<CaptureTrailer> trailer;
};

/// A whole capture into memory.
/// throws   CaptureError
[[nodiscard]] Capture load_capture(const std::filesystem::path& file,
                                   CaptureReader::Trailer trailer = CaptureReader::Trailer::required);

/// The bytes of a record's message in its dialect, from the MTI on, without frame and header.
/// record   with a message
/// throws   InputError when it does not fit the dialect
[[nodiscard]] Bytes wire_of(const codec::Dialect& dialect, const CaptureRecord& record);

} // namespace sim
