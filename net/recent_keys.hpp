#pragma once

#include "authz/key.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace net {

/// A memory of the last keys of some kind. It is a help, not a proof: other nodes have memories of their own.
/// For one thread.
///
/// Every request asks and is added, and the memory is larger than a processor's cache. So the keys stand in
/// one table, each at the place that its digest names or at the next free one behind it: looking one up
/// touches one line of it, where a node-based set touches three.
class RecentKeys {
public:
    explicit RecentKeys(std::size_t keys_max = 100'000) : keys_max_(keys_max) {}

    /// The oldest is forgotten when there are too many.
    void add(const authz::Key& key);
    /// Takes back one add().
    void remove(const authz::Key& key);
    [[nodiscard]] bool contains(const authz::Key& key) const;

private:
    [[nodiscard]] std::size_t home_of(const authz::Key& key) const;
    [[nodiscard]] std::size_t behind(std::size_t place) const { return (place + 1) & (table_.size() - 1); }
    [[nodiscard]] std::size_t place_of(const authz::Key& key) const;
    void put(const authz::Key& key);
    void grow();

    std::size_t keys_max_;
    std::deque<authz::Key> order_;  ///< as added; removed ones stand here until their turn comes
    std::vector<authz::Key> table_; ///< a power of two, at least half of it free; a key may be there twice
    std::size_t taken_ = 0;         ///< places of table_
};

} // namespace net
