#include "sim/write_behind.hpp"

namespace sim {

WriteBehind::WriteBehind(std::streambuf& target) : target_(target), thread_([this] { run(); }) {}

WriteBehind::~WriteBehind()
{
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

std::streamsize WriteBehind::xsputn(const char* text, std::streamsize size)
{
    if (size <= 0) return 0;
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return waiting_.empty(); });
        if (has_failed_) return 0;
        waiting_.assign(text, static_cast<std::size_t>(size));
    }
    changed_.notify_all();
    return size;
}

WriteBehind::int_type WriteBehind::overflow(int_type character)
{
    if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
    const char one = traits_type::to_char_type(character);
    return xsputn(&one, 1) == 1 ? character : traits_type::eof();
}

int WriteBehind::sync()
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty() && !is_writing_; });
    if (!has_failed_ && target_.pubsync() != 0) has_failed_ = true;
    return has_failed_ ? -1 : 0;
}

bool WriteBehind::write(const std::string& part)
{
    const auto size = static_cast<std::streamsize>(part.size());
    try {
        return target_.sputn(part.data(), size) == size;
    } catch (...) {
        return false;
    }
}

void WriteBehind::run()
{
    std::string part;
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return !waiting_.empty() || is_over_; });
        if (waiting_.empty()) return;
        part.swap(waiting_);
        waiting_.clear();
        is_writing_ = true;
        const bool may_write = !has_failed_;
        lock.unlock();
        changed_.notify_all();
        const bool is_written = may_write && write(part);
        lock.lock();
        is_writing_ = false;
        has_failed_ |= !is_written;
        changed_.notify_all();
    }
}

} // namespace sim
