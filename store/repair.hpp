#pragma once

#include "store/postgres_ledger.hpp"
#include "store/session.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace store {

/// Finishes what the path of a message could not (DESIGN 6, decision 0011). One worker per kind, and one
/// leader per kind among all nodes.
enum class RepairKind : std::uint8_t { sale, refund_cancel, fault_reversal };

inline constexpr std::array repair_kinds = {RepairKind::sale, RepairKind::refund_cancel,
                                            RepairKind::fault_reversal};
[[nodiscard]] std::string_view name_of(RepairKind kind);

struct RepairSettings {
    LedgerOptions ledger;                       ///< what own undos are carried out through
    std::string node = "tollgatectl";           ///< who leads and leases
    std::chrono::seconds lease{30};             ///< how long an item is ours alone
    std::chrono::seconds gone_after{30};        ///< a server that gave no sign for so long has crashed
    std::chrono::hours tombstone_life{10 * 24}; ///< a reversal whose original did not come is closed then
    std::size_t items_max = 500;                ///< unconfirmed effects of one round
};

/// What a round did.
struct RepairCounts {
    std::int64_t done = 0;   ///< items closed
    std::int64_t failed = 0; ///< items put off
    std::int64_t found = 0;  ///< new items
    bool has_more = false;   ///< another round would do more at once

    RepairCounts& operator+=(const RepairCounts& other);
};

/// The worker of one kind, on one database session; the ledger has its own. When a call throws, the object is
/// of no use any more: what it led and leased is somebody else's soon. Not thread-safe.
class Repair {
public:
    /// throws   pqxx::broken_connection and other std::exception when there is no session to be had
    Repair(RepairSettings settings, RepairKind kind);

    /// True when this is the leader of its kind. Only a leader may call the rest.
    [[nodiscard]] bool leads();

    /// Carries out own undos that are due, each through decide() in a transaction of its own. Killed at any
    /// point and run again, each is done once: its key is made of target and delivery.
    RepairCounts carry_out();
    /// Looks for effects that may not have been answered, for tombstones that are old enough, and whether
    /// what is open has been settled meanwhile.
    RepairCounts look();
    /// Proves every group; reads the whole journal.
    RepairCounts look_at_groups();
    /// Nothing of it waits for its time any more.
    void hurry();

private:
    struct Item;
    enum class Done : std::uint8_t { closed, put_off };

    Done carry_out(const Item& item);
    RepairCounts list_unconfirmed();
    RepairCounts close_confirmed();
    RepairCounts close_tombstones();
    Done close(const std::string& item, std::string_view outcome);
    Done put_off(const std::string& item, const std::string& why);

    RepairSettings settings_;
    std::string kind_;
    std::string kind_number_;
    Session session_;
    PostgresLedger ledger_;
    bool leads_ = false;
};

} // namespace store
