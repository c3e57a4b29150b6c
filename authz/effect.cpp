#include "authz/effect.hpp"

#include "authz/test_build.hpp"

namespace authz {

namespace {

std::chrono::sys_days day_of(Time time)
{
    return std::chrono::floor<std::chrono::days>(time);
}

void uncount_sale(DayUsage& usage, const Record& sale)
{
    if (day_of(sale.decided_at) != usage.date) return;
    usage.amount_minor -= sale.approved_minor();
    --usage.count;
}

/// A reversed sale does not count towards the limits of its day.
void give_back_usage(const Case& c, const Group& after, Account& account)
{
    if (TOLLGATE_PLANTED("usage-not-given-back")) return;
    const Record* sale = c.group.root();
    if (!sale || sale->operation != Operation::sale || !is_approval(sale->answer.reason)) return;
    const bool reversed_now = !c.group.is_reversed(*sale) && after.is_reversed(*sale);
    if (reversed_now) uncount_sale(account.usage, *sale);
}

/// On suspense without an account, money is in the currency in which the group's was booked first.
Currency currency_of_posting(const Case& c, const Record& record)
{
    if (c.account) return c.account->currency;
    const Record* first = c.group.first_posted();
    return first ? first->amount.currency : record.amount.currency;
}

Posting posting_of(const Case& c, const Record& record)
{
    Posting posting;
    posting.key = record.key;
    posting.group = record.group;
    posting.network = record.key_fields.network;
    posting.on_suspense = true;
    posting.account = c.account ? c.account->id : 0;
    posting.delta = {record.posted_minor, currency_of_posting(c, record)};
    posting.business_date = record.business_date;
    posting.posted_at = c.now;
    return posting;
}

/// Takes the posting from suspense to the account, where it belongs if the account can take it.
void move_to_account(Posting& posting, Account& account)
{
    const auto balance = checked_add(account.balance_minor, posting.delta.minor);
    const bool is_closed = account.status == AccountStatus::closed;
    if ((is_closed && !TOLLGATE_PLANTED("closed-account-credited")) || !balance) return;
    posting.on_suspense = false;
    account.balance_minor = *balance;
    posting.balance_after_minor = *balance;
    posting.account_version = ++account.version;
    if (TOLLGATE_PLANTED("version-not-raised")) --account.version;
}

/// Who names a message without saying its card means the card of that. Else a reversal of it under a third
/// card would fit it, and would have been serialised by another account.
std::optional<CardToken> card_of(const Case& c)
{
    const Record* original = matching_original(c);
    return c.request.card || !original ? c.request.card : original->card;
}

Anomaly anomaly_of_suspense(const Case& c, Anomaly noted)
{
    if (c.account) return Anomaly::account_closed;
    return noted == Anomaly::none ? Anomaly::account_unknown : noted;
}

} // namespace

Answer answer_for(const Request& request, Reason reason)
{
    return {reason, request.policy->answer_codes[static_cast<std::size_t>(reason)], {}, {}};
}

Record record_of(const Case& c, Answer answer, Anomaly anomaly)
{
    const Request& r = c.request;
    Record record;
    record.key = r.key;
    record.operation = r.operation;
    record.key_fields = r.key_fields;
    record.transmitted_at = r.transmitted_at;
    record.delivery = r.delivery;
    record.group = c.group.key();
    record.target = r.original;
    if (r.operation == Operation::fault_reversal) {
        record.scope = r.scope;
        record.part = r.part;
    }
    if (c.account) record.account = c.account->id;
    record.card = card_of(c);
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

Group with(const Group& group, const Record& record)
{
    Group larger = group;
    larger.add(record);
    return larger;
}

Decision carry_out(const Case& c, Record record)
{
    Decision d;
    if (c.account) d.account = *c.account;
    const Group after = with(c.group, record);
    record.posted_minor = after.net_effect_minor() - c.group.posted_minor();
    if (record.posted_minor != 0) {
        d.posting = posting_of(c, record);
        if (d.account) move_to_account(*d.posting, *d.account);
        if (d.posting->on_suspense) record.anomaly = anomaly_of_suspense(c, record.anomaly);
    }
    if (d.account) give_back_usage(c, after, *d.account);
    d.record = std::move(record);
    return d;
}

Decision refuse(const Case& c, Reason reason)
{
    Decision d;
    d.answer = answer_for(c.request, reason);
    const bool conflict = reason == Reason::duplicate_conflict;
    d.record = record_of(c, d.answer, conflict ? Anomaly::content_differs : Anomaly::none);
    return d;
}

void count_sale(DayUsage& usage, const Record& sale)
{
    if (day_of(sale.decided_at) > usage.date) usage = {day_of(sale.decided_at), 0, 0};
    usage.amount_minor += sale.approved_minor();
    ++usage.count;
}

} // namespace authz
