#include "net/recent_keys.hpp"

namespace net {

void RecentKeys::add(const authz::Key& key)
{
    order_.push_back(key);
    ++counts_[key];
    if (order_.size() <= keys_max_) return;
    const authz::Key oldest = order_.front();
    order_.pop_front();
    remove(oldest);
}

void RecentKeys::remove(const authz::Key& key)
{
    const auto found = counts_.find(key);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

} // namespace net
