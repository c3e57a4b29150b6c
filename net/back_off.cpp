#include "net/back_off.hpp"

#include <algorithm>

namespace net {

BackOff::BackOff(const Reconnect& rule, std::size_t addresses, std::size_t begin_at)
    : rule_(rule), addresses_(addresses), address_(begin_at % addresses)
{
    rule_.first = std::max(rule_.first, std::chrono::milliseconds{1});
    pause_ = rule_.first;
}

std::chrono::milliseconds BackOff::ended(std::chrono::milliseconds was_up, double random)
{
    if (was_up >= rule_.max) { // the address is good: a round begins at it
        pause_ = rule_.first;
    } else {
        address_ = (address_ + 1) % addresses_;
        if (++tried_ < addresses_) return std::chrono::milliseconds{0};
    }
    tried_ = 0;
    const auto pause = std::min(pause_, rule_.max);
    pause_ = std::min(2 * pause, rule_.max);
    const double share = 1.0 - rule_.jitter * random;
    return std::chrono::milliseconds{
        static_cast<std::chrono::milliseconds::rep>(static_cast<double>(pause.count()) * share)};
}

} // namespace net
