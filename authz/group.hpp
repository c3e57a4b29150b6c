#pragma once

#include "authz/record.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace authz {

/// The facts of one transaction group: everything that hangs on one sale (or on one refund without a sale),
/// in order of decision. The net-effect rule of DOMAIN 3.5 lives here and nowhere else.
class Group {
public:
    explicit Group(const Key& root_key) : root_key_(root_key) {}

    void add(const Record& record) { records_.push_back(&record); } ///< not owned; must outlive the group

    [[nodiscard]] const Record* root() const;
    /// An accepted fault reversal or own undo that names this record.
    [[nodiscard]] bool is_reversed(const Record& target) const;

    /// An undo of our own tells that this delivery of the record, or of a repeat of it, was not answered.
    [[nodiscard]] bool stayed_silent(const Record& target, std::uint64_t delivery) const;

    /// What the group should have moved on the card: - taken, + given, minor units.
    [[nodiscard]] std::int64_t net_effect_minor() const;
    /// What its postings have moved on the card so far.
    [[nodiscard]] std::int64_t posted_minor() const;
    /// How much of the root sale could still be cancelled or refunded; 0 without a live sale.
    [[nodiscard]] std::int64_t open_minor() const;
    /// More was given back than the sale is worth: the floor of the rule holds, a person must look.
    [[nodiscard]] bool gives_more_than_sale() const;

private:
    [[nodiscard]] std::int64_t live_minor(const Record& root) const;
    [[nodiscard]] std::int64_t given_minor(const Record& root) const;

    Key root_key_;
    std::vector<const Record*> records_;
};

/// A key match counts only when card and acquirer do not contradict it (DOMAIN 3.3, rule 2 and K1a). A side
/// that does not tell them cannot contradict.
[[nodiscard]] bool names(const Record& linked, const Record& target);
[[nodiscard]] bool acquirers_agree(const std::string& a, const std::string& b);

/// True for a record that undoes the one it names.
[[nodiscard]] bool is_effective_reversal(const Record& record);

} // namespace authz
