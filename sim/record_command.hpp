/// `tollgate-sim record`: a capture of what passes between a client and a server.
#pragma once

#include "sim/capture_options.hpp"
#include "sim/proxy.hpp"
#include "sim/report.hpp"

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace sim {

struct RecordOptions {
    CaptureOptions capture;
    std::string listen;
    std::string connect;
};

/// Listens, passes on what comes, and writes every message to a capture, which is handed to the operating
/// system after each: who kills the recorder loses the trailer, and at most the line that was being written.
/// Traffic goes on when the capture cannot be written any more.
class TrafficRecorder {
public:
    struct Counts {
        std::uint64_t messages = 0;
        std::uint64_t unread = 0; ///< frames that are no message, and streams that are no frames
    };

    /// out      of the capture; lives longer
    /// throws   WireError, CaptureError, net::KeyFileError, codec::DialectError, InputError
    TrafficRecorder(const RecordOptions& options, std::ostream& out);
    ~TrafficRecorder();
    TrafficRecorder(const TrafficRecorder&) = delete;
    TrafficRecorder& operator=(const TrafficRecorder&) = delete;

    [[nodiscard]] Address listens_on() const;
    /// True when the capture could not be written: it ends there. Thread-safe.
    [[nodiscard]] bool has_failed() const;
    /// True when a client has spoken TLS: nothing of that can be recorded here. Thread-safe.
    [[nodiscard]] bool has_met_tls() const;
    /// What an operator should know, a line each, since it was asked last: the server cannot be reached, no
    /// client can be accepted, the capture cannot be written; and that it is good again. Once per change.
    /// Thread-safe.
    [[nodiscard]] std::vector<std::string> take_news();
    /// Breaks all connections and writes the trailer.
    /// throws   CaptureError
    Counts stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Adds `record` to a program.
/// options  where its words go; lives longer than the program
[[nodiscard]] CLI::App* add_record(CLI::App& program, RecordOptions& options);

/// Records until SIGINT or SIGTERM comes. The first line on `out` is "listening on HOST:PORT"; news go to
/// `err`.
/// returns  differs when something was no message, unreachable when the capture could not be written to its end
/// throws   as TrafficRecorder
[[nodiscard]] Exit run_record(const RecordOptions& options, std::ostream& out, std::ostream& err);

} // namespace sim
