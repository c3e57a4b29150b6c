#include "authz/books.hpp"

#include "authz/decide.hpp"
#include "authz/test_build.hpp"

#include <algorithm>

namespace authz {

namespace {

template <class Map, class Id> auto* find_in(Map& map, const Id& id)
{
    const auto found = map.find(id);
    return found == map.end() ? nullptr : &found->second;
}

bool makes_undoable_effect(const Record& record)
{
    const bool request = record.operation == Operation::sale || record.operation == Operation::refund ||
                         record.operation == Operation::cancel;
    return request && is_approval(record.answer.reason);
}

/// Whoever comes under the key that this record names finds it there.
bool is_mark(const Record& record)
{
    return record.target && (is_effective_reversal(record) || record.operation == Operation::stand_in);
}

} // namespace

void Books::load(const Account& account)
{
    accounts_.insert_or_assign(account.id, account);
}
void Books::load(const Card& card)
{
    cards_.insert_or_assign(card.token, card);
}
void Books::load(const Redelivery& redelivery)
{
    redeliveries_[redelivery.key].push_back(redelivery);
}

void Books::load(const Record& record)
{
    if (!records_.contains(record.key)) add(record);
}

void Books::add(const Record& record)
{
    records_.emplace(record.key, record);
    groups_[record.group].push_back(record.key);
    if (is_mark(record)) marks_[record.target->key].push_back(record.key);
}

const Account* Books::find_account(AccountId id) const
{
    return find_in(accounts_, id);
}
const Record* Books::find_record(const Key& key) const
{
    return find_in(records_, key);
}

std::vector<const Record*> Books::group(const Key& key) const
{
    std::vector<const Record*> members;
    if (const auto* keys = find_in(groups_, key))
        for (const Key& member : *keys) members.push_back(find_record(member));
    return members;
}

/// What the request names; while a request has not come, the advice that stands in for it.
const Record* Books::find_named(const Request& request) const
{
    if (!request.original) return nullptr;
    if (const Record* record = find_record(request.original->key)) return record;
    return gather(request.original->key).carrier();
}

/// A request joins the group of what it names, and stands alone when it names nothing. A record under a group
/// key that is not its own, found or not, is how a reversal leaves its tombstone. An advice moves money of
/// its own: it joins only what it fits.
Key Books::group_key_of(const Request& request, const Record* seen, const Record* named) const
{
    if (seen) return seen->group;
    if (!request.original) return request.key;
    if (!named) return request.original->key;
    const bool fits = request.operation != Operation::stand_in || matches(request, *named);
    return fits ? named->group : request.key;
}

/// All facts of a group: its members, and the reversals that named one of its advices before that came. They
/// stand under the advice's key, because nobody knew then where it belongs.
Group Books::gather(const Key& key) const
{
    Group gathered(key);
    for (const Record* member : group(key)) {
        gathered.add(*member);
        if (member->operation == Operation::stand_in && member->key != key)
            add_tombstones(gathered, member->key);
    }
    return gathered;
}

void Books::add_tombstones(Group& gathered, const Key& advice) const
{
    for (const Record* tombstone : group(advice)) gathered.add(*tombstone);
}

std::vector<const Record*> Books::marks_on(const Key& key) const
{
    std::vector<const Record*> marks;
    if (const auto* keys = find_in(marks_, key))
        for (const Key& mark : *keys) marks.push_back(find_record(mark));
    return marks;
}

/// Where the group's money is; else the account of the original, wherever its card is today (E22); else the
/// account of the request's card. Null: nowhere, or on suspense.
const Account* Books::account_for(const Case& c) const
{
    if (TOLLGATE_PLANTED("reversal-on-new-account")) return c.card ? find_account(c.card->account) : nullptr;
    const Record* original = matching_original(c);
    const Record* first = original || !c.original ? c.group.first_posted() : nullptr;
    if (first) return first->account ? &accounts_.at(*first->account) : nullptr;
    if (original && original->account) return find_account(*original->account);
    const Account* account = c.card ? find_account(c.card->account) : nullptr;
    const bool is_advice = c.request.operation == Operation::stand_in;
    return is_advice && account && account->currency != c.request.amount.currency ? nullptr : account;
}

Outcome Books::serve(const Request& request, Time now)
{
    const Record* seen = find_record(request.key);
    const Record* named = find_named(request);
    const Key group_key = group_key_of(request, seen, named);
    Case c(request, now, gather(group_key));
    c.seen = seen;
    c.original = named;
    c.marks = marks_on(request.key);
    if (request.card) c.card = find_in(cards_, *request.card);
    if (!seen && request.operation == Operation::stand_in && request.key != group_key)
        add_tombstones(c.group, request.key);
    c.account = account_for(c);
    if (request.original)
        if (const auto* given = find_in(redeliveries_, request.original->key))
            for (const Redelivery& r : *given) c.answered.push_back(&r);

    Decision decision = decide(c);
    const bool tells_approval = is_approval(decision.answer.reason);
    const Record* effect = decision.record ? &*decision.record : seen;
    const bool undoable = tells_approval && makes_undoable_effect(*effect);
    keep(decision);
    return {std::move(decision.answer), undoable};
}

void Books::keep(const Decision& decision)
{
    if (decision.record) {
        add(*decision.record);
        new_records_.push_back(*decision.record);
    }
    if (decision.posting) new_postings_.push_back(*decision.posting);
    if (decision.redelivery) {
        load(*decision.redelivery);
        new_redeliveries_.push_back(*decision.redelivery);
    }
    if (decision.account && *decision.account != accounts_.at(decision.account->id)) {
        accounts_.at(decision.account->id) = *decision.account;
        changed_.insert(decision.account->id);
    }
}

std::vector<Account> Books::changed_accounts() const
{
    std::vector<Account> accounts;
    for (const AccountId id : changed_) accounts.push_back(accounts_.at(id));
    return accounts;
}

} // namespace authz
