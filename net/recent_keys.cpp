#include "net/recent_keys.hpp"

#include <algorithm>
#include <utility>

namespace net {

namespace {

constexpr std::size_t table_min = 64;
constexpr authz::Key nobody; ///< stands in a free place: no message has this key

} // namespace

void RecentKeys::add(const authz::Key& key)
{
    order_.push_back(key);
    if (2 * (taken_ + 1) > table_.size()) grow();
    put(key);
    if (order_.size() <= keys_max_) return;
    remove(order_.front());
    order_.pop_front();
}

/// Those behind the gap that were pushed away from it, or from a place before it, move up.
void RecentKeys::remove(const authz::Key& key)
{
    if (taken_ == 0) return;
    std::size_t gap = place_of(key);
    if (table_[gap] == nobody) return;
    const std::size_t mask = table_.size() - 1;
    for (std::size_t place = behind(gap); table_[place] != nobody; place = behind(place)) {
        const std::size_t from_home = (place - home_of(table_[place])) & mask;
        const std::size_t from_gap = (place - gap) & mask;
        if (from_home < from_gap) continue;
        table_[gap] = table_[place];
        gap = place;
    }
    table_[gap] = nobody;
    --taken_;
}

bool RecentKeys::contains(const authz::Key& key) const
{
    return taken_ > 0 && table_[place_of(key)] != nobody;
}

std::size_t RecentKeys::home_of(const authz::Key& key) const
{
    return authz::Id128Hash{}(key) & (table_.size() - 1);
}

/// Where it stands, or else where it would.
std::size_t RecentKeys::place_of(const authz::Key& key) const
{
    std::size_t place = home_of(key);
    while (table_[place] != nobody && table_[place] != key) place = behind(place);
    return place;
}

void RecentKeys::put(const authz::Key& key)
{
    std::size_t place = home_of(key);
    while (table_[place] != nobody) place = behind(place);
    table_[place] = key;
    ++taken_;
}

void RecentKeys::grow()
{
    const auto before =
        std::exchange(table_, std::vector<authz::Key>(std::max(table_min, 2 * table_.size())));
    taken_ = 0;
    for (const authz::Key& key : before)
        if (key != nobody) put(key);
}

} // namespace net
