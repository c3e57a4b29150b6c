#include "net/link_tap.hpp"

#include "net/recording.hpp"
#include "net/wall_clock.hpp"

namespace net {

void LinkTap::add(std::uint64_t connection, Direction direction, std::span<const std::uint8_t> frame)
{
    const std::lock_guard lock(mutex_); // whoever else takes it only puts a recording there
    if (recording_) recording_->add({wall_clock(), connection, direction, frame});
}

void LinkTap::begin(std::shared_ptr<Recording> recording)
{
    const std::lock_guard lock(mutex_);
    recording_ = std::move(recording);
    is_on_ = true;
}

void LinkTap::end()
{
    const std::lock_guard lock(mutex_);
    is_on_ = false;
    recording_.reset();
}

} // namespace net
