#include "store/batch_rows.hpp"

#include "authz/test_build.hpp"
#include "store/reversal_words.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace store {

namespace {

// As the functions bucket_of and bucket_of_key of the schema; an invariant compares them.
constexpr std::int64_t buckets = 64;

std::int16_t bucket_of(const std::optional<authz::AccountId>& account, const authz::Key& key)
{
    return static_cast<std::int16_t>(account ? *account % buckets : key.bytes.back() % buckets);
}

SystemAccount clearing_of(const authz::Posting& posting)
{
    return {"clearing", posting.network, posting.delta.currency};
}

SystemAccount suspense_of(const authz::Posting& posting)
{
    return {"suspense", "", posting.delta.currency};
}

std::int16_t column_of(authz::Currency currency)
{
    if (currency > std::numeric_limits<std::int16_t>::max())
        throw std::out_of_range("currency " + std::to_string(currency) + " is not of ISO 4217");
    return static_cast<std::int16_t>(currency);
}

std::optional<std::int64_t> ledger_minor(const authz::Answer& answer)
{
    if (!answer.balances) return std::nullopt;
    return answer.balances->ledger_minor;
}

std::optional<std::int64_t> available_minor(const authz::Answer& answer)
{
    if (!answer.balances) return std::nullopt;
    return answer.balances->available_minor;
}

/// A record with what belongs to it.
struct Fact {
    const authz::Record* record = nullptr;
    const authz::Posting* posting = nullptr;
    std::int32_t line = 0; ///< place in the batch
};

/// In the order of their keys.
std::vector<Fact> facts_of(const authz::Books& books)
{
    std::vector<Fact> facts;
    facts.reserve(books.new_records().size());
    auto posting = books.new_postings().begin(); // in the order of their records, at most one each
    for (const authz::Record& record : books.new_records()) {
        Fact fact{&record, nullptr, static_cast<std::int32_t>(facts.size())};
        if (posting != books.new_postings().end() && posting->key == record.key) fact.posting = &*posting++;
        facts.push_back(fact);
    }
    if (posting != books.new_postings().end())
        throw std::logic_error("a posting without a new record of its own");
    std::ranges::sort(facts, {}, [](const Fact& fact) { return fact.record->key; });
    return facts;
}

void add_journal_row(RowArray& rows, const Fact& fact)
{
    const authz::Record& r = *fact.record;
    std::optional<authz::Key> target_key;
    std::optional<std::string_view> target_acquirer;
    if (r.target) {
        target_key = r.target->key;
        target_acquirer = r.target->acquirer;
    }
    std::optional<std::string_view> scope;
    if (r.operation == authz::Operation::fault_reversal) scope = name_of(r.scope);
    std::optional<std::string_view> part_mode;
    std::optional<std::int64_t> part_minor;
    if (r.part) {
        part_mode = name_of(r.part->mode);
        part_minor = r.part->minor;
    }
    rows.begin_row()
        .uuid(r.key)
        .uuid(r.group)
        .uuid(target_key)
        .uuid(r.card)
        .uuid(r.content)
        .moment(r.transmitted_at)
        .moment(r.decided_at)
        .int8(static_cast<std::int64_t>(r.delivery))
        .int8(r.account)
        .int8(r.amount.minor)
        .int8(r.posted_minor)
        .int8(ledger_minor(r.answer))
        .int8(available_minor(r.answer))
        .date(r.business_date)
        .int4(fact.line)
        .int2(bucket_of(r.account, r.key))
        .int2(column_of(r.amount.currency))
        .text(name_of(r.operation))
        .text(r.key_fields.network)
        .text(r.key_fields.mti_kind)
        .text(r.key_fields.stan)
        .text(r.key_fields.terminal)
        .maybe_text(target_acquirer)
        .text(r.processing_code)
        .text(r.merchant)
        .text(r.acquirer)
        .text(r.rrn)
        .text(name_of(r.answer.reason))
        .text(r.answer.code)
        .text(r.answer.approval_code)
        .text(name_of(r.anomaly))
        .maybe_text(scope)
        .maybe_text(part_mode)
        .int8(part_minor)
        .int8(r.answer.approved_minor)
        .end_row();
}

void add_posting_row(RowArray& rows, const Fact& fact, const SystemAccounts& accounts)
{
    const authz::Posting& p = *fact.posting;
    const authz::AccountId other = accounts.find(clearing_of(p)).value();
    const authz::AccountId holder = p.on_suspense ? accounts.find(suspense_of(p)).value() : p.account;
    const bool gives = (p.delta.minor > 0) != TOLLGATE_PLANTED("posting-sides-swapped");
    std::optional<std::int64_t> version;
    std::optional<std::int64_t> balance;
    if (!p.on_suspense) {
        version = p.account_version;
        balance = p.balance_after_minor;
    }
    rows.begin_row()
        .uuid(p.key)
        .uuid(p.group)
        .moment(p.posted_at)
        .int8(gives ? other : holder)
        .int8(gives ? holder : other)
        .int8(gives ? p.delta.minor : -p.delta.minor)
        .int8(version)
        .int8(balance)
        .date(p.business_date)
        .int2(column_of(p.delta.currency))
        .int2(bucket_of(fact.record->account, p.key))
        .end_row();
}

std::string journal_of(const std::vector<Fact>& facts, TypeId type)
{
    RowArray rows(type, 35);
    for (const Fact& fact : facts)
        if (!TOLLGATE_PLANTED("decline-not-written") || is_positive(fact.record->answer.reason))
            add_journal_row(rows, fact);
    return rows.bytes();
}

std::string members_of(const std::vector<Fact>& facts, TypeId type)
{
    RowArray rows(type, 3);
    for (const Fact& fact : facts) {
        const authz::Record& r = *fact.record;
        if (TOLLGATE_PLANTED("tombstone-not-listed") && r.operation == authz::Operation::fault_reversal)
            continue;
        if (r.group != r.key)
            rows.begin_row().uuid(r.group).uuid(r.key).int2(bucket_of(r.account, r.key)).end_row();
    }
    return rows.bytes();
}

std::string postings_of(const std::vector<Fact>& facts, const SystemAccounts& accounts, TypeId type)
{
    RowArray rows(type, 11);
    for (const Fact& fact : facts)
        if (fact.posting != nullptr) add_posting_row(rows, fact, accounts);
    return rows.bytes();
}

std::string redeliveries_of(const authz::Books& books, TypeId type)
{
    RowArray rows(type, 13);
    if (TOLLGATE_PLANTED("redelivery-not-written")) return rows.bytes();
    for (const authz::Redelivery& r : books.new_redeliveries())
        rows.begin_row()
            .uuid(r.key)
            .uuid(r.content)
            .moment(r.decided_at)
            .int8(static_cast<std::int64_t>(r.delivery))
            .int8(r.account)
            .int8(ledger_minor(r.answer))
            .int8(available_minor(r.answer))
            .int2(bucket_of(r.account, r.key))
            .text(name_of(r.answer.reason))
            .text(r.answer.code)
            .text(r.answer.approval_code)
            .text(name_of(r.anomaly))
            .int8(r.answer.approved_minor)
            .end_row();
    return rows.bytes();
}

std::string changes_of(const std::vector<authz::Account>& changed, TypeId type)
{
    RowArray rows(type, 6);
    for (const authz::Account& a : changed)
        rows.begin_row()
            .int8(a.id)
            .int8(a.balance_minor)
            .int8(a.version)
            .date(a.usage.date)
            .int8(a.usage.amount_minor)
            .int8(a.usage.count)
            .end_row();
    return rows.bytes();
}

} // namespace

std::set<SystemAccount> system_accounts_of(const authz::Books& books)
{
    std::set<SystemAccount> needed;
    for (const authz::Posting& posting : books.new_postings()) {
        needed.insert(clearing_of(posting));
        if (posting.on_suspense) needed.insert(suspense_of(posting));
    }
    return needed;
}

std::vector<std::string> parameters_of(const authz::Books& books, const SystemAccounts& accounts,
                                       const RowTypes& types)
{
    const std::vector<Fact> facts = facts_of(books);
    return {journal_of(facts, types.journal), members_of(facts, types.group_member),
            postings_of(facts, accounts, types.posting), redeliveries_of(books, types.redelivery),
            changes_of(books.changed_accounts(), types.account_change)};
}

} // namespace store
