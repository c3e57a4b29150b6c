#include "net/deliveries.hpp"

#include <random>

namespace net {

std::uint64_t Deliveries::random_first()
{
    std::random_device seed;
    return (std::uint64_t{seed()} << 30 ^ seed()) & 0x3FFF'FFFF'FFFF'FFFF;
}

Deliveries::Deliveries(std::uint64_t first, authz::Time now)
    : next_(first), before_{first, now}, mark_(std::make_shared<int>(0))
{
}

authz::Settled Deliveries::settled(authz::Time now)
{
    earlier_.push_back({before_, mark_});
    mark_ = std::make_shared<int>(0);
    before_ = {next_, now};
    while (!earlier_.empty() && earlier_.front().mark.expired()) earlier_.pop_front();
    return earlier_.empty() ? before_ : earlier_.front().before;
}

} // namespace net
