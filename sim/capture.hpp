/// A capture: the messages that went between a network and a server, as JSON lines without card data.
/// A header, a record per frame in the order of time, and a trailer that shows when something is missing.
/// The format is in docs/captures.md.
#pragma once

#include "codec/dialect.hpp"
#include "net/capture_message.hpp"
#include "net/capture_writer.hpp"
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

// What writes a capture is of net, where the server does it, too.
using net::Bin;
using net::capture_schema;
using net::CaptureError;
using net::CaptureHeader;
using net::CapturePlace;
using net::CaptureWriter;
using net::CardScrubber;
using net::MessageKeeper;
using net::Pseudonyms;
using net::Unread;
using net::WallTime;

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
    std::uint64_t dropped_records = 0;     ///< came too fast for the server's recorder: they are missing
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

/// So many records of usual length are held in memory, unless somebody asks for more: with all that a replay
/// makes of them about 3.6 GB.
inline constexpr std::uint64_t capture_records_max = 500'000;

/// A whole capture into memory.
/// records_max  of more than these, or of a file that is as long as so many long ones, nothing is loaded
/// throws   CaptureError
[[nodiscard]] Capture load_capture(const std::filesystem::path& file,
                                   CaptureReader::Trailer trailer = CaptureReader::Trailer::required,
                                   std::uint64_t records_max = capture_records_max);

/// The bytes of a record's message in its dialect, from the MTI on, without frame and header.
/// record   with a message
/// throws   InputError when it does not fit the dialect
[[nodiscard]] Bytes wire_of(const codec::Dialect& dialect, const CaptureRecord& record);

} // namespace sim
