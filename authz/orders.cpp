#include "authz/orders.hpp"

#include "authz/effect.hpp"
#include "authz/test_build.hpp"

#include <algorithm>
#include <initializer_list>

namespace authz {

namespace {

/// One oddity and how it shows; in a list the gravest comes first.
struct Oddity {
    Anomaly anomaly;
    bool (*is_there)(const Case&);
};

Anomaly first_of(std::initializer_list<Oddity> oddities, const Case& c)
{
    const auto found = std::ranges::find_if(oddities, [&](const Oddity& o) { return o.is_there(c); });
    return found == oddities.end() ? Anomaly::none : found->anomaly;
}

bool original_contradicts(const Case& c)
{
    return c.original && !matching_original(c);
}

// --- reversals

bool reversal_has_other_currency(const Case& c)
{
    const Record* original = matching_original(c);
    return original && original->amount.currency != c.request.amount.currency;
}

/// Neither asked for, nor approved, nor what is open, nor the part that it names.
bool reversal_has_unknown_amount(const Case& c)
{
    const Record* original = matching_original(c);
    if (!original) return false;
    const std::int64_t minor = c.request.amount.minor;
    return minor != original->amount.minor && minor != original->approved_minor() &&
           minor != c.group.open_minor() && !(c.request.part && c.request.part->minor == minor);
}

/// Zero is how some networks say "all", and so is the whole amount where DE95 is what is reversed.
bool part_contradicts_reason(const Case& c)
{
    if (!c.request.part || c.request.scope != ReversalScope::message || c.request.part->minor == 0)
        return false;
    return c.request.part->mode == PartialReversal::Mode::replacement ||
           c.request.part->minor != c.request.amount.minor;
}

bool reversal_scope_is_unstated(const Case& c)
{
    const Record* carrier = c.group.carrier();
    const bool names_request = c.request.original && c.request.original->key == c.group.key();
    return c.request.scope == ReversalScope::unstated && names_request && carrier &&
           is_approved_advice(*carrier);
}

Anomaly oddity_of_reversal(const Case& c)
{
    return first_of({{Anomaly::card_differs, original_contradicts},
                     {Anomaly::currency_differs, reversal_has_other_currency},
                     {Anomaly::scope_unstated, reversal_scope_is_unstated},
                     {Anomaly::part_contradicts_reason, part_contradicts_reason},
                     {Anomaly::amount_differs, reversal_has_unknown_amount}},
                    c);
}

/// It names a part and leaves as much as there was (F5, F6, F8).
bool changes_nothing(const Case& c, const Group& after, const Record& reversal)
{
    const Record* original = matching_original(c);
    if (!is_partial(reversal) || !original) return false;
    const bool is_of_root = original->key == c.group.key() || original->operation == Operation::stand_in;
    const Record* subject = is_of_root ? c.group.carrier() : original;
    return subject && c.group.worth_minor(*subject) > 0 &&
           c.group.worth_minor(*subject) == after.worth_minor(*subject);
}

/// What shows only when it is done. A debt outranks what the message told, the rest does not.
Anomaly anomaly_afterwards(const Case& c, const Decision& d)
{
    const Record& record = *d.record;
    const bool took = record.posted_minor < 0 && !d.posting->on_suspense;
    if (took && d.account->available_minor() < 0) return Anomaly::balance_negative;
    if (record.anomaly != Anomaly::none) return record.anomaly;
    const Group after = with(c.group, record);
    if (changes_nothing(c, after, record)) return Anomaly::part_without_effect;
    return matching_original(c) && after.gives_more_than_sale() ? Anomaly::refunds_above_sale : Anomaly::none;
}

Decision carry_out_order(const Case& c, Reason reason, Anomaly oddity)
{
    Decision d = carry_out(c, record_of(c, answer_for(c.request, reason), oddity));
    d.record->anomaly = anomaly_afterwards(c, d);
    d.answer = d.record->answer;
    return d;
}

// --- advices

bool account_has_other_currency(const Case& c)
{
    return c.card && !c.account && !c.group.first_posted();
}
bool account_is_unknown(const Case& c)
{
    return !c.account;
}

/// We had looked at the request and said no; a request that was late, stale or reversed is another matter.
bool request_was_refused(const Case& c)
{
    const Record* request = matching_original(c);
    if (!request || request->operation != Operation::sale) return false;
    switch (request->answer.reason) {
    case Reason::approved:
    case Reason::approved_in_part:
    case Reason::stale:
    case Reason::deadline_passed:
    case Reason::reversed_before_arrival:
    case Reason::replaced_by_advice:
        return false;
    default:
        return true;
    }
}

bool advice_has_other_amount(const Case& c)
{
    const Record* carrier = c.group.carrier();
    return carrier && carrier->approved_minor() != c.request.amount.minor;
}

bool has_unstated_reversal(const Case& c)
{
    return c.group.has_unstated_reversal();
}

Anomaly oddity_of_advice(const Case& c)
{
    return first_of({{Anomaly::currency_differs, account_has_other_currency},
                     {Anomaly::account_unknown, account_is_unknown},
                     {Anomaly::card_differs, original_contradicts},
                     {Anomaly::request_was_refused, request_was_refused},
                     {Anomaly::scope_unstated, has_unstated_reversal},
                     {Anomaly::amount_differs, advice_has_other_amount}},
                    c);
}

// --- undos of our own

bool nobody_was_approved(const Case& c, const Record& original)
{
    if (TOLLGATE_PLANTED("undo-despite-approved-repeat")) return true;
    const auto stayed_silent = [&](std::uint64_t delivery) {
        return delivery == c.request.delivery || c.group.stayed_silent(original, delivery);
    };
    return stayed_silent(original.delivery) && std::ranges::all_of(c.answered, [&](const Redelivery* r) {
               return !is_positive(r->answer.reason) || stayed_silent(r->delivery);
           });
}

} // namespace

Decision take_reversal(const Case& c)
{
    const Record* original = matching_original(c);
    if (original && is_effective_reversal(*original)) return refuse(c, Reason::original_is_a_reversal);
    return carry_out_order(c, Reason::accepted, oddity_of_reversal(c));
}

// An advice of a refusal is carried out like the others: a reversal that named it may have been waiting.
Decision take_advice(const Case& c)
{
    if (c.request.network_declined && !TOLLGATE_PLANTED("advice-of-refusal-booked"))
        return carry_out_order(c, Reason::advice_noted, Anomaly::none);
    return carry_out_order(c, Reason::accepted, oddity_of_advice(c));
}

Decision take_undo(const Case& c)
{
    const Record* original = matching_original(c);
    const bool is_live = original && is_approval(original->answer.reason) && !c.group.is_reversed(*original);
    if (is_live && nobody_was_approved(c, *original))
        return carry_out_order(c, Reason::undone, Anomaly::none);
    return refuse(c, Reason::undo_noted);
}

} // namespace authz
