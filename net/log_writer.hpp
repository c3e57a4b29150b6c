#pragma once

#include "net/counter.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace net {

/// Writes lines to a descriptor on a thread of its own. Whoever has a line never waits: when nobody reads the
/// pipe, lines gather up to a limit, and what comes then is dropped and counted. What the system refuses (a
/// full disk) is dropped, too.
class LogWriter {
public:
    static constexpr std::size_t waiting_bytes_max = std::size_t{1} << 20U;

    /// fd   stays the caller's
    explicit LogWriter(int fd);
    /// Waits as flush() does.
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    /// line   whole, with its end
    void push(std::string line);
    void flush();

    [[nodiscard]] std::uint64_t dropped() const { return dropped_.value(); }
    [[nodiscard]] std::uint64_t not_written() const { return not_written_.value(); }

private:
    void run();
    void write(std::string_view line);
    [[nodiscard]] bool wait_writable();

    const int fd_;
    Counter dropped_;
    Counter not_written_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable idle_;
    std::deque<std::string> lines_; ///< guarded by mutex_
    std::size_t bytes_ = 0;         ///< guarded by mutex_: of lines_ and of what is being written
    std::atomic<bool> is_ending_{false};
    std::thread thread_; ///< last: it uses all of the above
};

} // namespace net
