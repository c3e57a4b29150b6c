#include "authz/decide.hpp"

#include "authz/rules.hpp"
#include "authz/test_build.hpp"

#include <algorithm>

namespace authz {

namespace {

Answer answer_for(const Request& request, Reason reason)
{
    return {reason, request.policy->answer_codes[static_cast<std::size_t>(reason)], {}, {}};
}

// --- repeats (DOMAIN 3.4)
// ------------------------------------------------------------------------------------------

bool is_same_transaction(const Record& seen, const Request& request)
{
    if (TOLLGATE_PLANTED("repeat-content-not-compared")) return seen.key_fields == request.key_fields;
    return seen.key_fields == request.key_fields && seen.content == request.content &&
           acquirers_agree(seen.acquirer, request.acquirer);
}

Decision redeliver(const Case& c, Answer answer, Anomaly anomaly)
{
    Decision d;
    d.answer = answer;
    d.redelivery = Redelivery{
        c.request.key, c.request.delivery, c.seen->account, c.request.content, std::move(answer), anomaly,
        c.now};
    return d;
}

Decision repeat(const Case& c)
{
    const bool same_delivery = c.seen->delivery == c.request.delivery;
    if (c.request.abandoned || c.request.operation == Operation::own_undo) {
        // Nobody waits. A row tells that another delivery was declined; for this one its own row stands
        // already.
        if (same_delivery) return {c.seen->answer, {}, {}, {}, {}};
        return redeliver(c, answer_for(c.request, Reason::deadline_passed), Anomaly::none);
    }
    if (!is_same_transaction(*c.seen, c.request))
        return redeliver(c, answer_for(c.request, Reason::duplicate_conflict), Anomaly::content_differs);
    const bool was_approved = c.seen->answer.reason == Reason::approved;
    if (TOLLGATE_PLANTED("reversed-repeat-approved")) return redeliver(c, c.seen->answer, Anomaly::none);
    if (was_approved && c.group.is_reversed(*c.seen))
        return redeliver(c, answer_for(c.request, Reason::reversed), Anomaly::none);
    return redeliver(c, c.seen->answer, Anomaly::none);
}

// --- a new fact and what it moves
// ------------------------------------------------------------------------------------

Record record_of(const Case& c, Answer answer, Anomaly anomaly)
{
    const Request& r = c.request;
    Record record;
    record.key = r.key;
    record.operation = r.operation;
    record.key_fields = r.key_fields;
    record.transmitted_at = r.transmitted_at;
    record.delivery = r.delivery;
    record.group = c.group_key;
    record.target = r.original;
    if (c.account) record.account = c.account->id;
    record.card = r.card;
    record.amount = r.amount;
    record.processing_code = r.processing_code;
    record.merchant = r.merchant;
    record.acquirer = r.acquirer;
    record.rrn = r.rrn;
    record.content = r.content;
    record.answer = std::move(answer);
    record.anomaly = anomaly;
    record.business_date = r.business_date;
    record.decided_at = c.now;
    return record;
}

/// The difference between what the group should have moved and what it has, with the new record in it.
std::int64_t difference_minor(const Case& c, const Record& record)
{
    Group after = c.group;
    after.add(record);
    return after.net_effect_minor() - after.posted_minor();
}

std::string approval_code_of(std::int64_t version)
{
    constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::string code(6, '0');
    for (auto place = code.rbegin(); place != code.rend() && version > 0; ++place, version /= 36)
        *place = digits[static_cast<std::size_t>(version % 36)];
    return code;
}

Posting posting_of(const Case& c, const Record& record, std::int64_t delta_minor)
{
    Posting posting;
    posting.key = record.key;
    posting.group = record.group;
    posting.network = record.key_fields.network;
    posting.account = c.account->id;
    posting.delta = {delta_minor, c.account->currency};
    posting.business_date = record.business_date;
    posting.posted_at = c.now;
    return posting;
}

std::chrono::sys_days day_of(Time time)
{
    return std::chrono::floor<std::chrono::days>(time);
}

/// A clock that is behind another node's counts into the day that has begun there.
void count_sale(DayUsage& usage, const Record& sale)
{
    if (day_of(sale.decided_at) > usage.date) usage = {day_of(sale.decided_at), 0, 0};
    usage.amount_minor += sale.amount.minor;
    ++usage.count;
}

void uncount_sale(DayUsage& usage, const Record& sale)
{
    if (day_of(sale.decided_at) != usage.date) return;
    usage.amount_minor -= sale.amount.minor;
    --usage.count;
}

/// Completes a decision that adds a positive fact: posts what it moves, on the account or, if that is closed
/// or full, on the suspense account.
Decision carry_out(const Case& c, Record record)
{
    Decision d;
    const std::int64_t delta = c.account ? difference_minor(c, record) : 0;
    if (c.account) d.account = *c.account;
    if (delta != 0) {
        record.posted_minor = delta;
        d.posting = posting_of(c, record, delta);
        const auto balance = checked_add(c.account->balance_minor, delta);
        d.posting->on_suspense = c.account->status == AccountStatus::closed || !balance;
        if (TOLLGATE_PLANTED("closed-account-credited")) d.posting->on_suspense = false;
        if (d.posting->on_suspense) {
            record.anomaly = Anomaly::account_closed;
        } else {
            d.account->balance_minor = *balance;
            d.posting->balance_after_minor = *balance;
            d.posting->account_version = ++d.account->version;
            if (TOLLGATE_PLANTED("version-not-raised")) --d.account->version;
        }
    }
    d.record = std::move(record);
    return d;
}

// --- requests: may be refused
// ------------------------------------------------------------------------------------------

Decision refuse(const Case& c, Reason reason)
{
    Decision d;
    d.answer = answer_for(c.request, reason);
    const bool conflict = reason == Reason::duplicate_conflict;
    d.record = record_of(c, d.answer, conflict ? Anomaly::content_differs : Anomaly::none);
    return d;
}

Decision approve(const Case& c)
{
    Decision d = carry_out(c, record_of(c, answer_for(c.request, Reason::approved), Anomaly::none));
    Answer& answer = d.record->answer;
    if (c.request.operation == Operation::inquiry)
        answer.balances = Balances{c.account->balance_minor, c.account->available_minor()};
    else
        answer.approval_code = approval_code_of(d.account->version);
    if (c.request.operation == Operation::sale) count_sale(d.account->usage, *d.record);
    d.answer = answer;
    return d;
}

Decision answer_request(const Case& c)
{
    if (c.request.abandoned) return refuse(c, Reason::deadline_passed);
    for (const Rule& rule : rules_for(c.request))
        if (rule.violated(c)) return refuse(c, rule.reason);
    return approve(c);
}

// --- orders: never refused
// ---------------------------------------------------------------------------------------------

/// What is odd about a reversal, gravest first. None of it stops the reversal.
Anomaly oddity_of(const Case& c, const Record* original)
{
    if (c.original && !original) return Anomaly::card_differs;
    if (!original) return Anomaly::none;
    if (c.request.amount.currency != original->amount.currency) return Anomaly::currency_differs;
    if (c.request.amount.minor != original->amount.minor) return Anomaly::amount_differs;
    return Anomaly::none;
}

/// A reversed sale does not count towards the limits of its day.
void give_back_usage(const Case& c, Decision& d, const Record* original)
{
    if (TOLLGATE_PLANTED("usage-not-given-back")) return;
    const bool was_live = original && original->operation == Operation::sale &&
                          original->answer.reason == Reason::approved && !c.group.is_reversed(*original);
    if (was_live && d.account) uncount_sale(d.account->usage, *original);
}

Decision reverse(const Case& c, Reason reason, Anomaly oddity)
{
    const Record* original = matching_original(c);
    Decision d = carry_out(c, record_of(c, answer_for(c.request, reason), oddity));
    give_back_usage(c, d, original);
    Record& record = *d.record;
    const bool took = record.posted_minor < 0 && !d.posting->on_suspense;
    Group after = c.group;
    after.add(record);
    if (took && d.account->available_minor() < 0)
        record.anomaly = Anomaly::balance_negative;
    else if (record.anomaly == Anomaly::none && after.gives_more_than_sale() && original &&
             original->operation == Operation::sale)
        record.anomaly = Anomaly::refunds_above_sale;
    d.answer = record.answer;
    return d;
}

Decision take_order(const Case& c)
{
    const Record* original = matching_original(c);
    if (original && is_effective_reversal(*original)) return refuse(c, Reason::original_is_a_reversal);
    return reverse(c, Reason::accepted, oddity_of(c, original));
}

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

/// Notes that a delivery stayed silent, and undoes the effect once that is known of every delivery whose row
/// tells an approval (DESIGN 3). A row proves that an approval was durable, not that it left.
Decision undo(const Case& c)
{
    const Record* original = matching_original(c);
    const bool is_live =
        original && original->answer.reason == Reason::approved && !c.group.is_reversed(*original);
    if (is_live && nobody_was_approved(c, *original)) return reverse(c, Reason::undone, Anomaly::none);
    return refuse(c, Reason::undo_noted);
}

} // namespace

const Record* matching_original(const Case& c)
{
    if (!c.original || !c.request.original) return nullptr;
    if (TOLLGATE_PLANTED("reversal-card-not-compared")) return c.original;
    const bool cards_agree = !c.request.card || !c.original->card || *c.request.card == *c.original->card;
    const bool same = cards_agree && acquirers_agree(c.request.original->acquirer, c.original->acquirer);
    return same ? c.original : nullptr;
}

Decision decide(const Case& c)
{
    if (c.seen && !TOLLGATE_PLANTED("repeat-decided-anew")) return repeat(c);
    switch (c.request.operation) {
    case Operation::fault_reversal:
        return take_order(c);
    case Operation::own_undo:
        return undo(c);
    default:
        return answer_request(c);
    }
}

} // namespace authz
