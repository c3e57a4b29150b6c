#include "store/batch_scope.hpp"

#include "authz/test_build.hpp"
#include "store/binary_array.hpp"

namespace store {

void KeySet::append_to(std::vector<std::string>& parameters) const
{
    BinaryArray array(type_id::uuid);
    for (const authz::Key& key : keys) array.add(key);
    parameters.push_back(array.bytes());
    const authz::Key none;
    parameters.push_back(binary_uuid(keys.empty() ? none : *keys.begin()));
    parameters.push_back(binary_uuid(keys.empty() ? none : *keys.rbegin()));
    if (TOLLGATE_PLANTED("lowest-key-not-found") && keys.size() > 1)
        *(parameters.end() - 2) = binary_uuid(*std::next(keys.begin()));
    if (TOLLGATE_PLANTED("highest-key-not-found") && keys.size() > 1)
        parameters.back() = binary_uuid(*std::next(keys.rbegin()));
}

BatchScope::BatchScope(std::span<const authz::Request> batch)
{
    std::set<authz::CardToken> tokens;
    for (const authz::Request& request : batch) {
        all.keys.insert(request.key);
        if (request.card) tokens.insert(*request.card);
        if (!request.original) continue;
        originals.keys.insert(request.original->key);
        all.keys.insert(request.original->key);
        if (request.operation == authz::Operation::own_undo) undo_targets.keys.insert(request.original->key);
    }
    BinaryArray array(type_id::uuid);
    for (const authz::CardToken& token : tokens) array.add(token);
    card_tokens = array.bytes();
}

} // namespace store
