#include "net/log_writer.hpp"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace net {

namespace {

constexpr std::chrono::seconds flush_max{1};
constexpr int poll_ms = 100;
constexpr std::size_t piece_max = 4'096; ///< a pipe that poll() calls writable takes so many at once

} // namespace

LogWriter::LogWriter(int fd) : fd_(fd), thread_([this] { run(); }) {}

LogWriter::~LogWriter()
{
    flush();
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void LogWriter::push(std::string line)
{
    {
        const std::lock_guard lock(mutex_);
        if (bytes_ + line.size() > waiting_bytes_max) return dropped_.add();
        bytes_ += line.size();
        lines_.push_back(std::move(line));
    }
    changed_.notify_one();
}

void LogWriter::flush()
{
    std::unique_lock lock(mutex_);
    idle_.wait_for(lock, flush_max, [this] { return bytes_ == 0; });
}

void LogWriter::run()
{
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_ending_ || !lines_.empty(); });
        if (is_ending_) return;
        const std::string line = std::move(lines_.front());
        lines_.pop_front();
        lock.unlock();
        write(line);
        lock.lock();
        bytes_ -= line.size();
        if (bytes_ == 0) idle_.notify_all();
    }
}

/// The descriptor may be shared with other programs, so it is not made non-blocking: it is asked before each
/// piece instead.
void LogWriter::write(std::string_view line)
{
    while (!line.empty()) {
        if (!wait_writable()) return not_written_.add();
        const auto written = ::write(fd_, line.data(), std::min(line.size(), piece_max));
        if (written >= 0)
            line.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR && errno != EAGAIN)
            return not_written_.add();
    }
}

/// False when the end comes first.
bool LogWriter::wait_writable()
{
    while (!is_ending_) {
        pollfd asked{fd_, POLLOUT, 0};
        if (::poll(&asked, 1, poll_ms) > 0) return true; // an error, too: write() tells which
    }
    return false;
}

} // namespace net
