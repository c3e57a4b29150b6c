#pragma once

#include "authz/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace authz {

/// The facts of one transaction group: everything that hangs on one sale (or on one refund without a sale),
/// whether or not that has come. The net-effect rule of DOMAIN 3.5 lives here and nowhere else;
/// docs/ledger.md has it in words. What is computed does not depend on the order of the facts.
class Group {
public:
    explicit Group(const Key& root_key) : root_key_(root_key) {}

    void add(const Record& record) { records_.push_back(&record); } ///< not owned; must outlive the group

    [[nodiscard]] const Key& key() const { return root_key_; }
    /// The message that all hangs on: the request, or an advice that fits no request. Null until it comes.
    [[nodiscard]] const Record* root() const;
    /// The message whose amount counts: the approved advice (the last one transmitted), else the approved
    /// root.
    [[nodiscard]] const Record* carrier() const;

    /// What reversals have left of a member, of all or of a part of it; minor units.
    [[nodiscard]] std::int64_t worth_minor(const Record& member) const;
    /// Reversals leave nothing of this member.
    [[nodiscard]] bool is_reversed(const Record& member) const;
    /// An undo of our own tells that this delivery of the record, or of a repeat of it, was not answered.
    [[nodiscard]] bool stayed_silent(const Record& target, std::uint64_t delivery) const;

    /// What the group should have moved on the card: - taken, + given, minor units.
    [[nodiscard]] std::int64_t net_effect_minor() const;
    /// What its postings have moved on the card so far.
    [[nodiscard]] std::int64_t posted_minor() const;
    /// The first member that moved money, which tells on which account the group's money is. Null: none did.
    [[nodiscard]] const Record* first_posted() const;

    /// What reversals have left of the carrier, before cancels and refunds.
    [[nodiscard]] std::int64_t live_minor() const;
    /// How much of the sale could still be cancelled or refunded; 0 without a live sale.
    [[nodiscard]] std::int64_t open_minor() const;
    /// A reversal names the request and gives no reason: whether it reaches an advice is a guess.
    [[nodiscard]] bool has_unstated_reversal() const;
    /// More was given back than the sale is worth: the floor of the rule holds, a person must look.
    [[nodiscard]] bool gives_more_than_sale() const;

private:
    [[nodiscard]] bool is_of_transaction(const Key& key) const;
    [[nodiscard]] bool hits(const Record& reversal, const Record& member) const;
    [[nodiscard]] std::int64_t given_minor() const;
    [[nodiscard]] bool is_of_sale() const;

    Key root_key_;
    std::vector<const Record*> records_;
};

/// A key match counts only when card and acquirer do not contradict it (DOMAIN 3.3, rule 2 and K1a). A side
/// that does not tell them cannot contradict.
[[nodiscard]] bool names(const Record& linked, const Record& target);
[[nodiscard]] bool acquirers_agree(const std::string& a, const std::string& b);
[[nodiscard]] bool cards_agree(const std::optional<CardToken>& a, const std::optional<CardToken>& b);

/// True for a record that undoes the one it names, or a part of it.
[[nodiscard]] bool is_effective_reversal(const Record& record);

/// True for a reversal of a part. A fault undoes all of a message, whatever part is named (DOMAIN 1.6).
[[nodiscard]] bool is_partial(const Record& reversal);

/// True for an advice that the network approved.
[[nodiscard]] bool is_approved_advice(const Record& record);

} // namespace authz
