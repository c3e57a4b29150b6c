/// What went over the wire between a network and the server, frame by frame, as somebody between them saw it.
#pragma once

#include "codec/dialect.hpp"
#include "net/capture_writer.hpp"
#include "sim/wire.hpp"

#include <cstdint>
#include <iosfwd>
#include <span>
#include <vector>

namespace sim {

using net::Direction;

struct RecordedFrame {
    enum class Fate : std::uint8_t {
        whole,   ///< went on as it came
        lost,    ///< came, and did not go on
        torn,    ///< only its first bytes went on
        damaged, ///< went on with one byte changed; recorded as it came
    };
    Clock::time_point at; ///< of a request: before its first byte went on; of an answer: when it was there
    Clock::time_point at_least; ///< of an answer: it cannot have been there before; `at` otherwise
    std::uint32_t connection = 0;
    Direction direction = Direction::request;
    Fate fate = Fate::whole;
    std::uint32_t size = 0; ///< of the message, without its frame
    std::size_t begin = 0;  ///< where its bytes are
};

/// All frames of a run in the order in which they were seen. Not thread-safe: read it when the writer has
/// ended.
class Recording {
public:
    void add(RecordedFrame frame, std::span<const std::uint8_t> message);

    [[nodiscard]] const std::vector<RecordedFrame>& frames() const { return frames_; }
    /// The message, without its frame. Valid until the next add().
    [[nodiscard]] std::span<const std::uint8_t> message(const RecordedFrame& frame) const
    {
        return std::span(bytes_).subspan(frame.begin, frame.size);
    }

    /// A line per frame, masked as a log line is: microseconds from the first frame, connection, direction,
    /// fate, message.
    void write(std::ostream& out, const codec::Dialect& dialect) const;

private:
    std::vector<RecordedFrame> frames_;
    Bytes bytes_;
};

} // namespace sim
