/// Output whose disk works while the next part of it is made.
#pragma once

#include <condition_variable>
#include <mutex>
#include <streambuf>
#include <string>
#include <thread>

namespace sim {

/// Hands what is written to another buffer, on a thread of its own. At most one part waits there: who is
/// faster than the disk waits for it. What the other buffer does not take shows at the next part, at the
/// latest when the stream is flushed. Written to and flushed by one thread at a time.
class WriteBehind final : public std::streambuf {
public:
    /// target   lives longer; nobody else uses it as long as this one lives
    explicit WriteBehind(std::streambuf& target);
    /// What waits is still written; whether it was, only a flush tells.
    ~WriteBehind() override;
    WriteBehind(const WriteBehind&) = delete;
    WriteBehind& operator=(const WriteBehind&) = delete;

protected:
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int_type overflow(int_type character) override;
    int sync() override;

private:
    void run();
    [[nodiscard]] bool write(const std::string& part);

    std::streambuf& target_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string waiting_;     ///< guarded by mutex_
    bool is_writing_ = false; ///< guarded by mutex_: the part that was taken is not yet in target_
    bool has_failed_ = false; ///< guarded by mutex_
    bool is_over_ = false;    ///< guarded by mutex_
    std::thread thread_;
};

} // namespace sim
