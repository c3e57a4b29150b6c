#include "store/repair_facts.hpp"

#include "authz/policy.hpp"
#include "store/array_literal.hpp"
#include "store/message_key.hpp"
#include "store/repair_boot.hpp"
#include "store/repair_searches.hpp"
#include "store/rows.hpp"

#include <algorithm>

namespace store {

namespace {

/// A set of keys as three text parameters: the array and its bounds.
std::vector<std::string> parameters_of(const std::set<authz::Key>& keys)
{
    ArrayLiteral array;
    for (const authz::Key& key : keys) array.add(key);
    return {array.str(), hex(keys.begin()->bytes), hex(keys.rbegin()->bytes)};
}

void load_records(Session& session, const std::set<authz::Key>& keys, RepairFacts& facts)
{
    for (const pqxx::row& row : session.run(queries::load_records, parameters_of(keys))) {
        authz::Record record = record_of(row);
        const authz::Key group = record.group;
        const authz::Key key = record.key;
        if (facts.records.emplace(key, std::move(record)).second) facts.groups[group].push_back(key);
    }
}

/// What a message's group is known by may be another's key, and what named an advice before that came stands
/// under the advice's key: then these were not loaded.
std::set<authz::Key> further_groups(const RepairFacts& facts, const std::set<authz::Key>& loaded)
{
    std::set<authz::Key> further;
    for (const auto& [group, members] : facts.groups)
        if (!loaded.contains(group)) further.insert(group);
    for (const auto& [key, record] : facts.records)
        if (record.operation == authz::Operation::stand_in && !loaded.contains(key)) further.insert(key);
    return further;
}

void load_groups(Session& session, const std::set<authz::Key>& asked, RepairFacts& facts)
{
    std::set<authz::Key> loaded;
    for (std::set<authz::Key> next = asked; !next.empty(); next = further_groups(facts, loaded)) {
        load_records(session, next, facts);
        loaded.insert(next.begin(), next.end());
    }
}

void load_boots(Session& session, RepairFacts& facts)
{
    std::set<std::int64_t> numbers;
    for (const auto& [key, record] : facts.records) numbers.insert(boot_of(record.delivery));
    for (const auto& [key, redeliveries] : facts.redeliveries)
        for (const authz::Redelivery& r : redeliveries) numbers.insert(boot_of(r.delivery));
    ArrayLiteral array;
    for (const std::int64_t number : numbers) array.add(number);
    for (const pqxx::row& row : session.run(queries::load_boots, {array.str()}))
        facts.boots[row[0].as<std::int64_t>()] = {static_cast<std::uint64_t>(row[1].as<std::int64_t>()),
                                                  row[2].as<bool>()};
}

/// Whether an approval in this delivery is known to have been handed over.
bool was_answered(const RepairFacts& facts, const authz::Record& record, std::uint64_t delivery)
{
    const auto boot = facts.boots.find(boot_of(delivery));
    const bool is_settled =
        boot != facts.boots.end() && (boot->second.has_ended || delivery < boot->second.settled);
    return is_settled && !facts.open_undos.contains({record.key, delivery}) &&
           !facts.group_of(record.group).stayed_silent(record, delivery);
}

} // namespace

std::span<const authz::Key> RepairFacts::members_of(const authz::Key& group) const
{
    const auto found = groups.find(group);
    return found == groups.end() ? std::span<const authz::Key>{} : found->second;
}

authz::Group RepairFacts::group_of(const authz::Key& root) const
{
    authz::Group group(root);
    for (const authz::Key& key : members_of(root)) {
        const authz::Record& member = records.at(key);
        group.add(member);
        if (member.operation != authz::Operation::stand_in || key == root) continue;
        for (const authz::Key& tombstone : members_of(key)) group.add(records.at(tombstone));
    }
    return group;
}

RepairFacts load_facts(Session& session, std::span<const authz::Key> keys)
{
    RepairFacts facts;
    if (keys.empty()) return facts;
    const std::set<authz::Key> asked(keys.begin(), keys.end());
    session.begin(queries::begin_snapshot); // a boot settles a delivery after its undo: never seen without
    load_groups(session, asked, facts);
    const auto parameters = parameters_of(asked);
    for (const pqxx::row& row : session.run(queries::load_redeliveries, parameters)) {
        authz::Redelivery redelivery = redelivery_of(row);
        facts.redeliveries[redelivery.key].push_back(std::move(redelivery));
    }
    load_boots(session, facts);
    for (const pqxx::row& row : session.run(queries::open_undos, {parameters.front()}))
        facts.open_undos.emplace(authz::Key{*bytes_of_hex(row[0].c_str())},
                                 static_cast<std::uint64_t>(row[1].as<std::int64_t>()));
    session.rollback();
    return facts;
}

std::optional<std::string_view> settled_how(const RepairFacts& facts, const authz::Key& key)
{
    const auto found = facts.records.find(key);
    if (found == facts.records.end()) return "gone";
    const authz::Record& record = found->second;
    if (facts.group_of(record.group).is_reversed(record)) return "reversed";
    if (authz::is_approval(record.answer.reason) && was_answered(facts, record, record.delivery))
        return "answered";
    const auto repeats = facts.redeliveries.find(key);
    if (repeats == facts.redeliveries.end()) return std::nullopt;
    const bool is_answered = std::ranges::any_of(repeats->second, [&](const authz::Redelivery& r) {
        return authz::is_approval(r.answer.reason) && was_answered(facts, record, r.delivery);
    });
    return is_answered ? std::optional<std::string_view>("answered") : std::nullopt;
}

authz::Request own_undo_of(const authz::Record& target, std::uint64_t delivery)
{
    authz::Request undo;
    undo.operation = authz::Operation::own_undo;
    undo.key = undo_key(target.key, delivery);
    undo.key_fields = target.key_fields;
    undo.transmitted_at = target.transmitted_at;
    undo.delivery = delivery;
    undo.card = target.card;
    undo.amount = target.amount;
    undo.processing_code = target.processing_code;
    undo.merchant = target.merchant;
    undo.acquirer = target.acquirer;
    undo.rrn = target.rrn;
    undo.content.bytes = undo.key.bytes; // nothing is compared with it
    undo.original = authz::Original{target.key, target.acquirer};
    undo.business_date = target.business_date;
    undo.policy = std::make_shared<authz::Policy>();
    return undo;
}

} // namespace store
