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
    return request && record.answer.reason == Reason::approved;
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
    if (record.target && is_effective_reversal(record)) marks_[record.target->key].push_back(record.key);
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

/// A request joins the group of what it names, and stands alone when it names nothing. A record under a group
/// key that is not its own, found or not, is how a reversal leaves its tombstone.
Key Books::group_key_of(const Request& request, const Record* seen, const Record* original) const
{
    if (seen) return seen->group;
    if (!request.original) return request.key;
    return original ? original->group : request.original->key;
}

std::vector<const Record*> Books::marks_on(const Key& key) const
{
    std::vector<const Record*> marks;
    if (const auto* keys = find_in(marks_, key))
        for (const Key& mark : *keys) marks.push_back(find_record(mark));
    return marks;
}

/// The account of the original, wherever its card is today (E22); else the account of the request's card.
const Account* Books::account_for(const Record* original, const Card* card) const
{
    if (TOLLGATE_PLANTED("reversal-on-new-account")) return card ? find_account(card->account) : nullptr;
    if (original && original->account) return find_account(*original->account);
    return card ? find_account(card->account) : nullptr;
}

Outcome Books::serve(const Request& request, Time now)
{
    const Record* seen = find_record(request.key);
    const Record* named = request.original ? find_record(request.original->key) : nullptr;
    const Key group_key = group_key_of(request, seen, named);
    Case c(request, now, group_key);
    c.seen = seen;
    c.original = named;
    c.marks = marks_on(request.key);
    if (request.card) c.card = find_in(cards_, *request.card);
    c.account = account_for(matching_original(c), c.card);
    for (const Record* member : group(group_key)) c.group.add(*member);
    if (request.original)
        if (const auto* given = find_in(redeliveries_, request.original->key))
            for (const Redelivery& r : *given) c.answered.push_back(&r);

    Decision decision = decide(c);
    const bool tells_approval = decision.answer.reason == Reason::approved;
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
