#include "store/reversal_words.hpp"

namespace store {

std::string_view name_of(authz::ReversalScope scope)
{
    switch (scope) {
    case authz::ReversalScope::message:
        return "message";
    case authz::ReversalScope::transaction:
        return "transaction";
    case authz::ReversalScope::unstated:
        break;
    }
    return "unstated";
}

std::optional<authz::ReversalScope> scope_named(std::string_view name)
{
    for (const auto scope :
         {authz::ReversalScope::message, authz::ReversalScope::transaction, authz::ReversalScope::unstated})
        if (name_of(scope) == name) return scope;
    return std::nullopt;
}

std::string_view name_of(authz::PartialReversal::Mode mode)
{
    return mode == authz::PartialReversal::Mode::replacement ? "replacement" : "reversed";
}

std::optional<authz::PartialReversal::Mode> part_mode_named(std::string_view name)
{
    using Mode = authz::PartialReversal::Mode;
    for (const Mode mode : {Mode::replacement, Mode::reversed})
        if (name_of(mode) == name) return mode;
    return std::nullopt;
}

} // namespace store
