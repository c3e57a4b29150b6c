#pragma once

#include "authz/decide.hpp"

#include <span>

namespace authz {

/// One way to be refused. Rules stand in order of precedence: the first violated one names the reason.
struct Rule {
    Reason reason;
    bool (*violated)(const Case&);
};

/// The ladder of a request that may be refused: sale, refund (linked or not), cancel, inquiry.
[[nodiscard]] std::span<const Rule> rules_for(const Request& request);

/// What a sale would be approved for: the amount asked for or, where funds are short and terminal and link
/// allow it, what there is (row A3).
[[nodiscard]] std::int64_t minor_to_approve(const Case& c);

} // namespace authz
