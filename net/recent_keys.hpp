#pragma once

#include "authz/key.hpp"

#include <deque>
#include <unordered_map>

namespace net {

/// A memory of the last keys of some kind. It is a help, not a proof: other nodes have memories of their own.
/// For one thread.
class RecentKeys {
public:
    explicit RecentKeys(std::size_t keys_max = 100'000) : keys_max_(keys_max) {}

    /// The oldest is forgotten when there are too many.
    void add(const authz::Key& key);
    /// Takes back one add().
    void remove(const authz::Key& key);
    [[nodiscard]] bool contains(const authz::Key& key) const { return counts_.contains(key); }

private:
    std::size_t keys_max_;
    std::deque<authz::Key> order_; ///< as added; removed ones stand here until their turn comes
    std::unordered_map<authz::Key, std::size_t, authz::Id128Hash> counts_; ///< added and not removed
};

} // namespace net
