#include "net/recent_keys.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

using net::RecentKeys;

namespace {

/// Keys that want few places, so that they push each other away.
authz::Key key_of(unsigned number, unsigned homes)
{
    authz::Key key;
    key.bytes[0] = static_cast<std::uint8_t>(1 + (number >> 8)); // never the key of nobody
    key.bytes[1] = static_cast<std::uint8_t>(number);
    key.bytes[8] = static_cast<std::uint8_t>(number % homes);
    return key;
}

/// The same by counting.
struct Model {
    std::size_t keys_max;
    std::deque<authz::Key> order{};
    std::map<authz::Key, int> counts{};

    void add(const authz::Key& key)
    {
        order.push_back(key);
        ++counts[key];
        if (order.size() <= keys_max) return;
        remove(order.front());
        order.pop_front();
    }
    void remove(const authz::Key& key)
    {
        const auto found = counts.find(key);
        if (found != counts.end() && --found->second == 0) counts.erase(found);
    }
};

} // namespace

TEST_CASE("recent keys: what is added, removed and forgotten is what a count of each key says")
{
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (const unsigned homes : {1U, 7U, 64U, 256U})
        for (const std::size_t keys_max : {std::size_t{1}, std::size_t{31}, std::size_t{200}}) {
            CAPTURE(homes);
            CAPTURE(keys_max);
            RecentKeys keys(keys_max);
            Model model{keys_max};
            bool agree = true;
            for (int i = 0; i < 3'000; ++i) {
                const authz::Key key = key_of(static_cast<unsigned>(random() % 300), homes);
                if (random() % 3 != 0) {
                    keys.add(key);
                    model.add(key);
                } else {
                    keys.remove(key);
                    model.remove(key);
                }
                for (unsigned number = i % 10; number < 300; number += 10)
                    agree = agree && keys.contains(key_of(number, homes)) ==
                                         model.counts.contains(key_of(number, homes));
            }
            CHECK(agree);
        }
}

TEST_CASE("recent keys: an empty memory knows none, and forgets none")
{
    RecentKeys keys;
    keys.remove(key_of(1, 1));
    CHECK_FALSE(keys.contains(key_of(1, 1)));
    keys.add(key_of(1, 1));
    CHECK(keys.contains(key_of(1, 1)));
    CHECK_FALSE(keys.contains(key_of(2, 1)));
}
