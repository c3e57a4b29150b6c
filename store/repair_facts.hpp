#pragma once

#include "authz/group.hpp"
#include "store/session.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace store {

/// How far a boot has settled its deliveries.
struct BootState {
    std::uint64_t settled = 0;
    bool has_ended = false; ///< in order: everything is settled
};

/// Everything that the books and repair know of some messages.
struct RepairFacts {
    std::map<authz::Key, authz::Record> records; ///< of whole groups
    std::map<authz::Key, std::vector<authz::Key>> groups;
    std::map<authz::Key, std::vector<authz::Redelivery>> redeliveries;
    std::map<std::int64_t, BootState> boots;
    std::set<std::pair<authz::Key, std::uint64_t>> open_undos; ///< deliveries that are known to be silent

    /// With what named an advice of the group before that came, as the books gather it.
    [[nodiscard]] authz::Group group_of(const authz::Key& root) const;

private:
    [[nodiscard]] std::span<const authz::Key> members_of(const authz::Key& group) const;
};

/// Reads them for these messages.
/// throws   as Session::run
[[nodiscard]] RepairFacts load_facts(Session& session, std::span<const authz::Key> keys);

/// Why an effect that may not have been answered needs no look any more; nothing when it does. Pure.
/// returns  "reversed", "answered" (this delivery or a repeat, by a boot that knows it), "gone": a failover
///          lost it, and it has no effect
[[nodiscard]] std::optional<std::string_view> settled_how(const RepairFacts& facts, const authz::Key& key);

/// The own undo of a delivery of this message, as the server itself would order it.
[[nodiscard]] authz::Request own_undo_of(const authz::Record& target, std::uint64_t delivery);

} // namespace store
