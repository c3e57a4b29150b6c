#include "authz/group.hpp"

#include "authz/test_build.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace authz {

namespace {

/// Card and acquirer of what a message names do not contradict the record.
bool agrees(const Record& linked, const Record& record)
{
    return cards_agree(linked.card, record.card) && acquirers_agree(linked.target->acquirer, record.acquirer);
}

/// Whether a reversal that names one message of a transaction undoes another one that carries it now.
bool reaches(const Record& reversal, const Record& carrier)
{
    if (TOLLGATE_PLANTED("void-misses-advice")) return false;
    if (reversal.scope == ReversalScope::transaction) return true;
    return reversal.scope == ReversalScope::unstated && carrier.operation == Operation::stand_in &&
           reversal.transmitted_at > carrier.transmitted_at;
}

/// What parts of an amount were reversed, in both modes of DE95.
class Parts {
public:
    void add(const PartialReversal& part)
    {
        if (part.mode == PartialReversal::Mode::replacement)
            smallest_minor_ = std::min(smallest_minor_, part.minor);
        else
            reversed_minor_.insert(part.minor);
    }

    [[nodiscard]] std::int64_t left_of(std::int64_t amount_minor) const
    {
        std::int64_t left = amount_minor;
        for (const std::int64_t minor : reversed_minor_) left -= std::min(left, minor);
        return std::min(left, smallest_minor_);
    }

private:
    std::int64_t smallest_minor_ = std::numeric_limits<std::int64_t>::max();
    std::set<std::int64_t> reversed_minor_; ///< distinct: the same part told twice is one
};

} // namespace

bool acquirers_agree(const std::string& a, const std::string& b)
{
    return a.empty() || b.empty() || a == b;
}

bool cards_agree(const std::optional<CardToken>& a, const std::optional<CardToken>& b)
{
    return !a || !b || *a == *b;
}

bool names(const Record& linked, const Record& target)
{
    return linked.target && linked.target->key == target.key && agrees(linked, target);
}

bool is_effective_reversal(const Record& record)
{
    return (record.operation == Operation::fault_reversal && record.answer.reason == Reason::accepted) ||
           (record.operation == Operation::own_undo && record.answer.reason == Reason::undone);
}

bool is_partial(const Record& reversal)
{
    if (TOLLGATE_PLANTED("part-taken-for-all")) return false;
    return reversal.part && reversal.scope != ReversalScope::message;
}

bool is_approved_advice(const Record& record)
{
    return record.operation == Operation::stand_in && record.answer.reason == Reason::accepted;
}

const Record* Group::root() const
{
    const auto found = std::ranges::find(records_, root_key_, &Record::key);
    return found == records_.end() ? nullptr : *found;
}

// Of several advices the one with the greatest key counts: keys begin with the second of transmission.
const Record* Group::carrier() const
{
    const Record* advice = nullptr;
    for (const Record* r : records_)
        if (is_approved_advice(*r) && (!advice || r->key > advice->key)) advice = r;
    if (advice) return advice;
    const Record* top = root();
    const bool moves = top && (top->operation == Operation::sale || top->operation == Operation::refund);
    return moves && is_approval(top->answer.reason) ? top : nullptr;
}

/// The request itself and all advices for it: one transaction, told by several messages.
bool Group::is_of_transaction(const Key& key) const
{
    return key == root_key_ || std::ranges::any_of(records_, [&](const Record* r) {
               return r->operation == Operation::stand_in && r->key == key;
           });
}

bool Group::hits(const Record& reversal, const Record& member) const
{
    if (!is_effective_reversal(reversal) || !reversal.target || !agrees(reversal, member)) return false;
    if (reversal.target->key == member.key) return true;
    return is_of_transaction(member.key) && is_of_transaction(reversal.target->key) &&
           reaches(reversal, member);
}

std::int64_t Group::worth_minor(const Record& member) const
{
    Parts parts;
    for (const Record* r : records_) {
        if (!hits(*r, member)) continue;
        if (!is_partial(*r)) return 0;
        if (TOLLGATE_PLANTED("part-of-reversal-ignored")) continue;
        parts.add(*r->part);
    }
    return parts.left_of(member.approved_minor());
}

bool Group::is_reversed(const Record& member) const
{
    return worth_minor(member) == 0 &&
           std::ranges::any_of(records_, [&](const Record* r) { return hits(*r, member); });
}

bool Group::stayed_silent(const Record& target, std::uint64_t delivery) const
{
    return std::ranges::any_of(records_, [&](const Record* r) {
        return r->operation == Operation::own_undo && r->delivery == delivery && names(*r, target);
    });
}

std::int64_t Group::live_minor() const
{
    const Record* top = carrier();
    if (TOLLGATE_PLANTED("reversed-cancel-revives-sale") && top)
        for (const Record* r : records_)
            if (r->operation == Operation::cancel && is_reversed(*r)) return top->approved_minor();
    if (TOLLGATE_PLANTED("advice-added-to-request") && top && root() && top != root() &&
        is_approval(root()->answer.reason))
        return worth_minor(*top) + worth_minor(*root());
    return top ? worth_minor(*top) : 0;
}

std::int64_t Group::given_minor() const
{
    std::int64_t given = 0;
    for (const Record* r : records_) {
        const bool gives = r->operation == Operation::cancel || r->operation == Operation::refund;
        if (gives && r->key != root_key_ && r->answer.reason == Reason::approved)
            given += worth_minor(*r); // approved only within what was open: cannot overflow
    }
    return given;
}

bool Group::is_of_sale() const
{
    const Record* top = carrier();
    return top && top->operation != Operation::refund;
}

std::int64_t Group::net_effect_minor() const
{
    if (!is_of_sale()) return live_minor();
    return -std::max<std::int64_t>(0, live_minor() - given_minor());
}

std::int64_t Group::posted_minor() const
{
    std::int64_t posted = 0;
    for (const Record* r : records_) posted += r->posted_minor;
    return posted;
}

const Record* Group::first_posted() const
{
    const auto found = std::ranges::find_if(records_, [](const Record* r) { return r->posted_minor != 0; });
    return found == records_.end() ? nullptr : *found;
}

std::int64_t Group::open_minor() const
{
    return is_of_sale() ? -net_effect_minor() : 0;
}

bool Group::has_unstated_reversal() const
{
    return std::ranges::any_of(records_, [&](const Record* r) {
        return is_effective_reversal(*r) && r->scope == ReversalScope::unstated && r->target &&
               r->target->key == root_key_;
    });
}

bool Group::gives_more_than_sale() const
{
    return is_of_sale() && given_minor() > live_minor();
}

} // namespace authz
