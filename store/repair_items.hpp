#pragma once

#include "store/repair.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace store {

/// One row of the table `repair`, for people.
struct RepairItem {
    std::int64_t id = 0;
    std::string kind;
    std::string task; ///< own_undo, unconfirmed, tombstone, group_difference
    std::string key;  ///< 32 hexadecimal digits
    std::int64_t delivery = 0;
    std::string state;   ///< open, closed
    std::string outcome; ///< of a closed one
    std::string reason;  ///< why the last try failed, or what a person noted
    std::int64_t attempts = 0;
    std::int64_t age_s = 0; ///< until it was closed, or until now
    std::string found_at;
    std::int64_t due_in_s = 0;
    std::string leased_by;
};

/// What is open of one kind and task.
struct RepairBacklog {
    std::string kind;
    std::string task;
    std::int64_t open = 0;
    std::int64_t oldest_s = 0;

    /// Older than five minutes, of what repair should have finished by itself or what nobody expects. An
    /// unconfirmed effect may rightly wait for the network's file.
    [[nodiscard]] bool is_overdue() const;
};

struct RepairLeader {
    std::string kind;
    std::string session; ///< "repair of NODE"; empty when it may not be seen
};

struct RepairView {
    std::vector<RepairItem> items;
    std::vector<RepairBacklog> backlog;
    std::vector<RepairLeader> leaders;

    [[nodiscard]] bool is_overdue() const;
};

enum class RepairRows { open, all };

/// throws   the exceptions of libpqxx
[[nodiscard]] RepairView repair_view(const std::string& url, RepairRows rows, std::size_t rows_max);
[[nodiscard]] std::optional<RepairItem> repair_item(const std::string& url, std::int64_t id);
/// A person closes what no message will.
/// returns  false when it is not there, not open, or an own undo, which is carried out
[[nodiscard]] bool close_by_hand(const std::string& url, std::int64_t id, const std::string& note);

} // namespace store
