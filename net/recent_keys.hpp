#pragma once

#include "authz/key.hpp"

#include <deque>
#include <unordered_map>

namespace net {

/// Keys of the last requests that may have had an effect. Senders repeat without the repeat digit, too; so a
/// request under one of these keys is not declined unseen, because its first delivery may have been approved.
/// It is a help, not a proof: other nodes have memories of their own. For one thread.
class RecentKeys {
public:
    explicit RecentKeys(std::size_t keys_max = 100'000) : keys_max_(keys_max) {}

    /// The oldest is forgotten when there are too many.
    void add(const authz::Key& key);
    /// It is proven that what was added last under this key had no effect.
    void remove(const authz::Key& key);
    [[nodiscard]] bool contains(const authz::Key& key) const { return counts_.contains(key); }

private:
    std::size_t keys_max_;
    std::deque<authz::Key> order_; ///< as added; removed ones stand here until their turn comes
    std::unordered_map<authz::Key, std::size_t, authz::Id128Hash> counts_; ///< added and not removed
};

} // namespace net
