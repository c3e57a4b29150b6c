#include "net/deliveries.hpp"

namespace net {

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
