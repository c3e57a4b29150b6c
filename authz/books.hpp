#pragma once

#include "authz/ledger.hpp"

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace authz {

struct Case;
struct Decision;
class Group;

/// The part of the books that one batch needs, in memory: loaded by a ledger, then decided upon in arrival
/// order, so that each request sees what the ones before it did; what is new is written by the ledger
/// afterwards.
class Books {
public:
    // What the ledger loads, in any order, before the first serve(). For each request of the batch:
    //   the records under its key and under the key that it names, with all records of their groups, and all
    //   records whose group is one of these two keys (tombstones) or is the key of a stand-in advice among
    //   all these (its tombstones); for an own undo the redeliveries of the key that it names; its card, the
    //   card's account, the accounts of all these records.
    // Records of one group must be loaded in order of decision. Loading a record twice does nothing.
    void load(const Account& account);
    void load(const Card& card);
    void load(const Record& record);
    void load(const Redelivery& redelivery);

    /// Decides one request and keeps its effect.
    [[nodiscard]] Outcome serve(const Request& request, Time now);

    // What serve() added, for the ledger to write, in order of decision.
    [[nodiscard]] const std::vector<Record>& new_records() const { return new_records_; }
    [[nodiscard]] const std::vector<Posting>& new_postings() const { return new_postings_; }
    [[nodiscard]] const std::vector<Redelivery>& new_redeliveries() const { return new_redeliveries_; }
    /// Accounts changed since they were loaded, in id order, in their new state.
    [[nodiscard]] std::vector<Account> changed_accounts() const;

    // For those who look at the result.
    [[nodiscard]] const Account* find_account(AccountId id) const;
    [[nodiscard]] const Record* find_record(const Key& key) const;
    [[nodiscard]] std::vector<const Record*> group(const Key& key) const;

private:
    void add(const Record& record);
    void keep(const Decision& decision);
    [[nodiscard]] const Record* find_named(const Request& request) const;
    [[nodiscard]] Key group_key_of(const Request& request, const Record* seen, const Record* named) const;
    [[nodiscard]] Group gather(const Key& key) const;
    void add_tombstones(Group& gathered, const Key& advice) const;
    [[nodiscard]] std::vector<const Record*> marks_on(const Key& key) const;
    [[nodiscard]] const Account* account_for(const Case& c) const;

    std::map<AccountId, Account> accounts_;
    std::set<AccountId> changed_;
    std::unordered_map<CardToken, Card, Id128Hash> cards_;
    std::unordered_map<Key, Record, Id128Hash> records_;
    std::unordered_map<Key, std::vector<Key>, Id128Hash>
        groups_; ///< group key -> keys of its records, in order
    std::unordered_map<Key, std::vector<Key>, Id128Hash>
        marks_; ///< target key -> keys of the reversals and advices naming it
    std::unordered_map<Key, std::vector<Redelivery>, Id128Hash> redeliveries_;
    std::vector<Record> new_records_;
    std::vector<Posting> new_postings_;
    std::vector<Redelivery> new_redeliveries_;
};

} // namespace authz
