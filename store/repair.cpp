#include "store/repair.hpp"

#include "store/array_literal.hpp"
#include "store/repair_boot.hpp"
#include "store/repair_facts.hpp"
#include "store/repair_queries.hpp"
#include "store/repair_searches.hpp"
#include "store/wall_clock.hpp"

#include <algorithm>

namespace store {

namespace {

constexpr int tries_in_doubt = 3;    ///< at once; later ones wait for their turn
constexpr std::size_t claim_max = 5; ///< own undos of one lease: each may wait for a lock

authz::Key key_in(const pqxx::field& field)
{
    return authz::Key{*bytes_of_hex(field.c_str())};
}

/// An order has no deadline.
struct AlwaysOpen : authz::CommitGate {
    bool may_commit() override { return true; }
};

} // namespace

/// An own undo that is ours for the time of a lease.
struct Repair::Item {
    std::string id;
    authz::Key target;
    std::uint64_t delivery = 0;
};

std::string_view name_of(RepairKind kind)
{
    constexpr std::array<std::string_view, repair_kinds.size()> names = {"sale", "refund_cancel",
                                                                         "fault_reversal"};
    return names[static_cast<std::size_t>(kind)];
}

RepairCounts& RepairCounts::operator+=(const RepairCounts& other)
{
    done += other.done;
    failed += other.failed;
    found += other.found;
    has_more |= other.has_more;
    return *this;
}

Repair::Repair(RepairSettings settings, RepairKind kind)
    : settings_(std::move(settings)), kind_(name_of(kind)),
      kind_number_(std::to_string(static_cast<int>(kind))),
      session_(repair_session_options(settings_.ledger.url, "repair of " + settings_.node)),
      ledger_(settings_.ledger)
{
    session_.set(queries::prepare_for_repair);
}

bool Repair::leads()
{
    if (!leads_) leads_ = session_.run(queries::lead, {kind_number_})[0][0].as<bool>();
    return leads_;
}

// --- own undos

RepairCounts Repair::carry_out()
{
    std::vector<Item> items;
    for (const pqxx::row& row :
         session_.run(queries::claim_undos, {kind_, settings_.node, std::to_string(settings_.lease.count()),
                                             std::to_string(claim_max)}))
        items.push_back(
            {row[0].c_str(), key_in(row[1]), static_cast<std::uint64_t>(row[2].as<std::int64_t>())});
    RepairCounts counts;
    counts.has_more = items.size() == claim_max;
    for (const Item& item : items) ++(carry_out(item) == Done::closed ? counts.done : counts.failed);
    return counts;
}

Repair::Done Repair::carry_out(const Item& item)
{
    // In this order: what is not there, and cannot appear any more, was never done.
    const bool can_appear = session_.run(queries::can_still_appear, {item.id})[0][0].as<bool>();
    const RepairFacts facts = load_facts(session_, {&item.target, 1});
    const auto target = facts.records.find(item.target);
    if (target == facts.records.end())
        return can_appear ? put_off(item.id, "a COMMIT of its time is under way")
                          : close(item.id, "no_effect");
    const authz::Request undo = own_undo_of(target->second, item.delivery);
    authz::BatchResult result;
    for (int i = 0; i < tries_in_doubt; ++i) {
        AlwaysOpen gate;
        result = ledger_.serve({&undo, 1}, wall_clock(), gate);
        if (result.end != authz::BatchEnd::in_doubt) break;
    }
    if (result.end != authz::BatchEnd::committed) return put_off(item.id, result.why);
    return close(item.id, name_of(result.outcomes.front().answer.reason));
}

Repair::Done Repair::close(const std::string& item, std::string_view outcome)
{
    (void)session_.run(queries::close_item, {item, std::string(outcome)});
    return Done::closed;
}

Repair::Done Repair::put_off(const std::string& item, const std::string& why)
{
    (void)session_.run(queries::put_off_item, {item, to_column(why)});
    return Done::put_off;
}

void Repair::hurry()
{
    (void)session_.run(queries::hurry_items, {kind_});
}

// --- what is looked for

RepairCounts Repair::look()
{
    RepairCounts counts;
    if (kind_ == name_of(RepairKind::sale)) counts += list_unconfirmed(); // of every kind
    if (kind_ == name_of(RepairKind::fault_reversal)) counts += close_tombstones();
    counts += close_confirmed();
    return counts;
}

RepairCounts Repair::list_unconfirmed()
{
    const std::string gone_after = std::to_string(settings_.gone_after.count());
    RepairCounts counts;
    for (const pqxx::row& boot : session_.run(queries::gone_boots, {gone_after})) {
        const std::string id = boot[0].c_str();
        (void)session_.run(queries::set_barrier, {id});
        const pqxx::row settled = session_.run(queries::settled_of_boot, {id})[0];
        counts.found += session_
                            .run(queries::list_unconfirmed,
                                 {id, settled[0].c_str(), settled[1].c_str(), gone_after})[0][0]
                            .as<std::int64_t>();
    }
    return counts;
}

RepairCounts Repair::close_confirmed()
{
    std::vector<std::string> items;
    std::vector<authz::Key> keys;
    for (const pqxx::row& row :
         session_.run(queries::due_unconfirmed, {kind_, std::to_string(settings_.items_max)})) {
        items.emplace_back(row[0].c_str());
        keys.push_back(key_in(row[1]));
    }
    RepairCounts counts;
    counts.has_more = items.size() == settings_.items_max;
    const RepairFacts facts = load_facts(session_, keys);
    ArrayLiteral open;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (const auto how = settled_how(facts, keys[i])) {
            (void)close(items[i], *how);
            ++counts.done;
        } else {
            open.add(std::int64_t{std::stoll(items[i])});
        }
    }
    if (!open.empty()) (void)session_.run(queries::put_off_unconfirmed, {open.str()});
    return counts;
}

RepairCounts Repair::close_tombstones()
{
    const auto life = std::chrono::duration_cast<std::chrono::seconds>(settings_.tombstone_life);
    const pqxx::row row = session_.run(queries::close_tombstones, {std::to_string(life.count())})[0];
    RepairCounts counts;
    counts.done = row[0].as<std::int64_t>();
    counts.has_more = row[1].as<std::int64_t>() > 0;
    return counts;
}

RepairCounts Repair::look_at_groups()
{
    RepairCounts counts;
    counts.found =
        static_cast<std::int64_t>(session_.run(queries::list_group_differences, {kind_}).affected_rows());
    counts.done =
        static_cast<std::int64_t>(session_.run(queries::close_group_differences, {kind_}).affected_rows());
    return counts;
}

} // namespace store
