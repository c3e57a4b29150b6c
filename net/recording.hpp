/// One capture in the making, of one link, while the traffic goes on.
#pragma once

#include "net/capture_message.hpp"
#include "net/log.hpp"
#include "net/node_counters.hpp"
#include "net/record_file.hpp"
#include "net/record_ring.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace net {

/// What a capture has to know of its link.
struct RecordedLink {
    std::string name;
    std::string network;
    std::string dialect; ///< a built-in name, or a file's
    Envelope envelope;
    std::vector<int> secrets; ///< elements that bring keys

    /// Of their messages neither can be read as the other's.
    [[nodiscard]] bool is_written_as(const RecordedLink& other) const;
};

enum class RecordingEnd : std::uint8_t {
    stopped, ///< an operator said so
    bytes_max,
    time_max,
    link_changed, ///< a reload: the link is gone, or its messages are written in another way
    server_ended,
    failed, ///< it cannot be written: it has no trailer
};
[[nodiscard]] std::string_view name_of(RecordingEnd end);

struct RecordingStatus {
    std::string link;
    std::string file;
    WallTime started_at;
    std::uint64_t records = 0;
    std::uint64_t dropped = 0; ///< for which there was no room
    std::uint64_t bytes = 0;   ///< of the file
    std::string ended;         ///< why; empty: it goes on
};

/// Frames come in from the thread of the connections, which never waits. A thread of the lowest priority
/// reads, masks and writes them: a busy server has less of it recorded, and the trailer says how much.
class Recording {
public:
    struct Order {
        RecordedLink link;
        std::filesystem::path directory;
        std::filesystem::path key_file; ///< of the test card numbers
        std::uint64_t bytes_max = 0;    ///< of the file; the last write may go a little beyond
        std::chrono::milliseconds time_max{0};
        std::size_t queue_bytes = 0;
    };
    /// What it says to others; on its own thread.
    struct Outside {
        std::shared_ptr<RecorderCounters> counters;
        Log* log = nullptr;
        std::function<void()> on_end; ///< it takes nothing any more, by itself
    };

    /// Makes the file, and begins.
    /// throws   RecordError, KeyFileError, codec::DialectError
    Recording(const Order& order, Outside outside);
    /// As stop() when the server ends.
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    /// From one thread at a time. What finds no room is counted.
    void add(const SeenFrame& frame);
    /// Writes what waits, then the trailer, and returns when all of it is on the disk. Nothing is added any
    /// more. What has ended by itself stays as it is.
    void stop(RecordingEnd why);
    /// As stop(), but it returns at once.
    void end_soon(RecordingEnd why);

    [[nodiscard]] bool has_ended() const { return has_ended_; }
    [[nodiscard]] RecordingStatus status() const;

private:
    void run();
    void write_for_a_while();
    [[nodiscard]] std::optional<RecordingEnd> reached_limit() const;
    void write(const SeenFrame& seen);
    void write_frame(const CapturePlace& place, std::span<const std::uint8_t> frame);
    void finish(RecordingEnd why);
    void fail(std::string_view why);

    const Order order_;
    const Outside outside_;
    const WallTime started_at_;
    const std::chrono::steady_clock::time_point end_at_;
    RecordRing ring_;
    std::atomic<std::uint64_t> dropped_{0};
    std::atomic<std::uint64_t> records_{0};
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<bool> has_ended_{false};

    // Of the thread that writes; of who stops it when that has ended:
    Pseudonyms pseudonyms_;
    CardScrubber scrubber_{&pseudonyms_};
    MessageKeeper keeper_;
    codec::FrameReader reader_;                                    ///< of our own frames
    std::unordered_map<std::uint64_t, std::uint32_t> connections_; ///< as the capture counts them
    WallTime last_at_;
    RecordFile file_;
    CaptureWriter writer_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool is_stopping_ = false;          ///< guarded by mutex_: who stops writes the rest
    std::optional<RecordingEnd> asked_; ///< guarded by mutex_: the thread ends it
    std::string ended_;                 ///< guarded by mutex_
    std::thread thread_;
};

} // namespace net
