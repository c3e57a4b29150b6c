/// Where a link's frames leave it to be recorded. While nothing is recorded a frame costs one look at a flag.
#pragma once

#include "net/capture_writer.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

namespace net {

class Recording;

/// Of one link; all its connections share it. Thread-safe.
class LinkTap {
public:
    [[nodiscard]] bool is_on() const { return is_on_.load(std::memory_order_relaxed); }
    /// frame   of an answer with all that stands around its message, of a request without
    void add(std::uint64_t connection, Direction direction, std::span<const std::uint8_t> frame);
    [[nodiscard]] std::uint64_t next_connection() { return ++connections_; }

    void begin(std::shared_ptr<Recording> recording);
    /// When it returns nothing is added any more.
    void end();
    /// The recording has ended by itself. Waits for nobody.
    void switch_off() { is_on_.store(false, std::memory_order_relaxed); }

private:
    std::atomic<bool> is_on_{false};
    std::atomic<std::uint64_t> connections_{0};
    std::mutex mutex_;
    std::shared_ptr<Recording> recording_; ///< guarded by mutex_
};

/// One connection's share of it.
class ConnectionTap {
public:
    ConnectionTap() = default;
    /// link   null: nobody can record it
    explicit ConnectionTap(std::shared_ptr<LinkTap> link)
        : link_(std::move(link)), connection_(link_ ? link_->next_connection() : 0)
    {
    }

    /// As LinkTap::add().
    void saw(Direction direction, std::span<const std::uint8_t> frame) const
    {
        if (link_ && link_->is_on()) link_->add(connection_, direction, frame);
    }

private:
    std::shared_ptr<LinkTap> link_;
    std::uint64_t connection_ = 0; ///< of its link, since the start
};

} // namespace net
