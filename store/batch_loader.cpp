#include "store/batch_loader.hpp"

#include "authz/test_build.hpp"
#include "store/binary_array.hpp"
#include "store/rows.hpp"

#include <unordered_map>
#include <unordered_set>

namespace store {

namespace {

void lock_accounts(Session& session, const BatchScope& scope, const LockPlan& plan, LoadedBatch& loaded)
{
    std::vector<std::string> parameters = {scope.card_tokens};
    scope.originals.append_to(parameters);
    BinaryArray further(type_id::int8);
    for (const authz::AccountId id : plan.further_accounts) further.add(id);
    parameters.push_back(further.bytes());

    for (const pqxx::row& row : session.run_binary(queries::lock_accounts, parameters))
        loaded.accounts.push_back(account_of(row));
}

void load_records(Session& session, const KeySet& wanted, std::vector<authz::Record>& records)
{
    std::vector<std::string> parameters;
    wanted.append_to(parameters);
    for (const pqxx::row& row : session.run_binary(queries::load_records, parameters))
        records.push_back(record_of(row));
}

/// The groups that loaded records belong to, or head, and that were not asked for. A cancel was named: its
/// group is the sale's. A stand-in advice was found: what named it before it came hangs on its own key.
KeySet further_groups(const std::vector<authz::Record>& records, const KeySet& asked)
{
    KeySet further;
    const auto want = [&](const authz::Key& key) {
        if (!asked.keys.contains(key)) further.keys.insert(key);
    };
    for (const authz::Record& record : records) {
        want(record.group);
        if (record.operation == authz::Operation::stand_in) want(record.key);
    }
    return further;
}

/// The records under the keys, their groups, and the groups that these lead to: none for most batches, one
/// round for a named cancel, two when its sale was replaced by an advice.
std::vector<authz::Record> load_groups(Session& session, const KeySet& wanted)
{
    std::vector<authz::Record> records;
    KeySet asked = wanted;
    for (KeySet next = wanted; !next.keys.empty(); next = further_groups(records, asked)) {
        load_records(session, next, records);
        if (TOLLGATE_PLANTED("further-groups-not-loaded")) break;
        asked.keys.insert(next.keys.begin(), next.keys.end());
    }
    return records;
}

std::vector<authz::Redelivery> load_redeliveries(Session& session, const KeySet& wanted)
{
    std::vector<std::string> parameters;
    wanted.append_to(parameters);
    std::vector<authz::Redelivery> redeliveries;
    for (const pqxx::row& row : session.run_binary(queries::load_redeliveries, parameters))
        redeliveries.push_back(redelivery_of(row));
    return redeliveries;
}

bool is_carried_out(const authz::Request& request)
{
    return authz::is_order(request.operation) || request.operation == authz::Operation::own_undo;
}

/// Nothing that is locked keeps what an order names from being decided elsewhere at this moment. An advice
/// moves money of its own: not even its card tells where its request, or another advice for that, may be.
bool can_miss_its_original(const authz::Request& request, const authz::Card* card,
                           const authz::Record* original)
{
    if (original && original->account) return false;
    if (request.operation == authz::Operation::stand_in && !TOLLGATE_PLANTED("advice-waits-for-nobody"))
        return true;
    return is_carried_out(request) && !card && !TOLLGATE_PLANTED("cardless-reversal-waits-for-nobody");
}

template <class Rows, class Id> const auto* find_row(const Rows& rows, const Id& id)
{
    const auto found = rows.find(id);
    return found == rows.end() ? nullptr : found->second;
}

} // namespace

authz::Books LoadedBatch::books() const
{
    authz::Books books;
    for (const authz::Account& account : accounts) books.load(account);
    for (const authz::Card& card : cards) books.load(card);
    for (const authz::Record& record : records) books.load(record);
    for (const authz::Redelivery& redelivery : redeliveries) books.load(redelivery);
    return books;
}

LoadedBatch lock_and_load(Session& session, const BatchScope& scope, const LockPlan& plan)
{
    LoadedBatch loaded;
    if (TOLLGATE_PLANTED("load-before-lock")) loaded.records = load_groups(session, scope.all);
    lock_accounts(session, scope, plan, loaded);
    TOLLGATE_CRASH_POINT("store_accounts_locked");
    for (const pqxx::row& row : session.run_binary(queries::load_cards, {scope.card_tokens}))
        loaded.cards.push_back(card_of(row));
    if (!TOLLGATE_PLANTED("load-before-lock")) loaded.records = load_groups(session, scope.all);
    if (!scope.undo_targets.keys.empty())
        loaded.redeliveries = load_redeliveries(session, scope.undo_targets);
    TOLLGATE_CRASH_POINT("store_records_loaded");
    return loaded;
}

LockPlan completed(LockPlan plan, std::span<const authz::Request> batch, const LoadedBatch& loaded)
{
    std::unordered_set<authz::AccountId> locked;
    for (const authz::Account& account : loaded.accounts) locked.insert(account.id);
    std::unordered_map<authz::CardToken, const authz::Card*, authz::Id128Hash> cards;
    for (const authz::Card& card : loaded.cards) cards.emplace(card.token, &card);
    std::unordered_map<authz::Key, const authz::Record*, authz::Id128Hash> records;
    for (const authz::Record& record : loaded.records) records.emplace(record.key, &record);

    const auto require = [&](authz::AccountId id) {
        if (!locked.contains(id)) plan.further_accounts.insert(id);
    };
    for (const authz::Request& request : batch) {
        const authz::Card* card = request.card ? find_row(cards, *request.card) : nullptr;
        const authz::Record* original = request.original ? find_row(records, request.original->key) : nullptr;
        // A card or a sale may have come in between the locks and the load.
        if (card) require(card->account);
        if (original && original->account) require(*original->account);
        const bool is_repeat = records.contains(request.key); // changes nothing
        if (!is_repeat && can_miss_its_original(request, card, original)) plan.all_others_wait = true;
    }
    // The money of a group is where it went first, wherever its card and its messages point today.
    for (const authz::Record& record : loaded.records)
        if (record.account && (record.posted_minor != 0 || record.operation == authz::Operation::stand_in))
            require(*record.account);
    return plan;
}

} // namespace store
