#include "net/deliveries.hpp"

namespace net {

Deliveries::Deliveries(std::uint64_t first) : next_(first), first_(first), mark_(std::make_shared<int>(0)) {}

std::uint64_t Deliveries::settled()
{
    earlier_.push_back({first_, mark_});
    mark_ = std::make_shared<int>(0);
    first_ = next_;
    while (!earlier_.empty() && earlier_.front().mark.expired()) earlier_.pop_front();
    return earlier_.empty() ? next_ : earlier_.front().first;
}

} // namespace net
