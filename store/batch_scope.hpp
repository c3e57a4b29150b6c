#pragma once

#include "authz/ledger.hpp"

#include <set>
#include <span>
#include <string>
#include <vector>

namespace store {

/// Keys to look up, as binary parameters of a query: an array and its bounds. Without keys the bounds hold
/// nothing.
struct KeySet {
    std::set<authz::Key> keys;

    void append_to(std::vector<std::string>& parameters) const;
};

/// What a batch needs to be loaded for it: the names in its requests.
struct BatchScope {
    explicit BatchScope(std::span<const authz::Request> batch);

    std::string card_tokens; ///< a binary array
    KeySet originals;        ///< keys that requests name
    KeySet all;              ///< their own keys, too
    KeySet undo_targets;     ///< keys that undos of our own name
};

} // namespace store
