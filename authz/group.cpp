#include "authz/group.hpp"

#include "authz/test_build.hpp"

#include <algorithm>

namespace authz {

bool acquirers_agree(const std::string& a, const std::string& b)
{
    return a.empty() || b.empty() || a == b;
}

bool names(const Record& linked, const Record& target)
{
    if (!linked.target || linked.target->key != target.key) return false;
    if (linked.card && target.card && *linked.card != *target.card) return false;
    return acquirers_agree(linked.target->acquirer, target.acquirer);
}

bool is_effective_reversal(const Record& record)
{
    return (record.operation == Operation::fault_reversal && record.answer.reason == Reason::accepted) ||
           (record.operation == Operation::own_undo && record.answer.reason == Reason::undone);
}

const Record* Group::root() const
{
    const auto found = std::ranges::find(records_, root_key_, &Record::key);
    return found == records_.end() ? nullptr : *found;
}

bool Group::is_reversed(const Record& target) const
{
    return std::ranges::any_of(
        records_, [&](const Record* r) { return is_effective_reversal(*r) && names(*r, target); });
}

bool Group::stayed_silent(const Record& target, std::uint64_t delivery) const
{
    return std::ranges::any_of(records_, [&](const Record* r) {
        return r->operation == Operation::own_undo && r->delivery == delivery && names(*r, target);
    });
}

// Only full reversals exist yet. Here is the place of what DOMAIN 3.5 adds: an approved stand-in advice
// replaces the sale's amount, the smallest replacement amount of partial reversals caps it, a completion
// turns a hold into it.
std::int64_t Group::live_minor(const Record& root) const
{
    if (TOLLGATE_PLANTED("reversed-cancel-revives-sale"))
        for (const Record* r : records_)
            if (r->operation == Operation::cancel && is_reversed(*r)) return root.amount.minor;
    if (root.answer.reason != Reason::approved || is_reversed(root)) return 0;
    return root.amount.minor;
}

std::int64_t Group::given_minor(const Record& root) const
{
    std::int64_t given = 0;
    for (const Record* r : records_) {
        const bool gives = r->operation == Operation::cancel || r->operation == Operation::refund;
        if (gives && r->answer.reason == Reason::approved && names(*r, root) && !is_reversed(*r))
            given += r->amount.minor; // approved only within what was open: cannot overflow
    }
    return given;
}

std::int64_t Group::net_effect_minor() const
{
    const Record* top = root();
    if (!top) return 0;
    switch (top->operation) {
    case Operation::sale:
        return -std::max<std::int64_t>(0, live_minor(*top) - given_minor(*top));
    case Operation::refund:
        return live_minor(*top);
    default:
        return 0;
    }
}

std::int64_t Group::posted_minor() const
{
    std::int64_t posted = 0;
    for (const Record* r : records_) posted += r->posted_minor;
    return posted;
}

std::int64_t Group::open_minor() const
{
    const Record* top = root();
    return top && top->operation == Operation::sale ? -net_effect_minor() : 0;
}

bool Group::gives_more_than_sale() const
{
    const Record* top = root();
    return top && top->operation == Operation::sale && given_minor(*top) > live_minor(*top);
}

} // namespace authz
