#pragma once

#include "authz/request.hpp"

#include <optional>
#include <string_view>

/// What the journal calls the extent of a reversal. Stored: never rename one, only add.
namespace store {

[[nodiscard]] std::string_view name_of(authz::ReversalScope scope);
[[nodiscard]] std::optional<authz::ReversalScope> scope_named(std::string_view name);
[[nodiscard]] std::string_view name_of(authz::PartialReversal::Mode mode);
[[nodiscard]] std::optional<authz::PartialReversal::Mode> part_mode_named(std::string_view name);

} // namespace store
