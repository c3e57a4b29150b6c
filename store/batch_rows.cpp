#include "store/batch_rows.hpp"

#include "store/array_literal.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

namespace store {

namespace {

SystemAccount clearing_of(const authz::Posting& posting)
{
    return {"clearing", posting.network, posting.delta.currency};
}

SystemAccount suspense_of(const authz::Posting& posting)
{
    return {"suspense", "", posting.delta.currency};
}

/// Columns that are filled row by row from left to right.
template <std::size_t width> class Table {
public:
    template <class Value> Table& operator<<(const Value& value)
    {
        columns_[next_].add(value);
        next_ = (next_ + 1) % width;
        return *this;
    }

    void append_to(std::vector<std::string>& parameters) const
    {
        for (const ArrayLiteral& column : columns_) parameters.push_back(column.str());
    }

private:
    std::array<ArrayLiteral, width> columns_;
    std::size_t next_ = 0;
};

std::int64_t days(std::chrono::sys_days date)
{
    return date.time_since_epoch().count();
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

constexpr std::size_t record_columns = 34;
constexpr std::size_t redelivery_columns = 10;
constexpr std::size_t account_columns = 6;

void add_record(Table<record_columns>& table, const authz::Record& r, std::int64_t line)
{
    std::optional<authz::Key> target_key;
    std::optional<std::string_view> target_acquirer;
    if (r.target) {
        target_key = r.target->key;
        target_acquirer = r.target->acquirer;
    }
    table << r.key << r.group << target_key << r.card << r.content
          << r.transmitted_at.time_since_epoch().count() << static_cast<std::int64_t>(r.delivery) << r.account
          << r.amount.minor << r.posted_minor << ledger_minor(r.answer) << available_minor(r.answer)
          << days(r.business_date) << line << std::int64_t{r.amount.currency} << name_of(r.operation)
          << r.key_fields.network << r.key_fields.mti_kind << r.key_fields.stan << r.key_fields.terminal
          << target_acquirer << r.processing_code << r.merchant << r.acquirer << r.rrn
          << name_of(r.answer.reason) << r.answer.code << r.answer.approval_code << name_of(r.anomaly);
}

void add_posting(Table<record_columns>& table, const authz::Posting& posting, const SystemAccounts& accounts)
{
    const authz::AccountId other = accounts.find(clearing_of(posting)).value();
    if (posting.on_suspense) {
        const std::optional<std::int64_t> none;
        table << accounts.find(suspense_of(posting)).value() << other << none << none;
    } else {
        table << posting.account << other << posting.account_version << posting.balance_after_minor;
    }
    table << std::int64_t{posting.delta.currency};
}

void add_no_posting(Table<record_columns>& table)
{
    const std::optional<std::int64_t> none;
    table << none << none << none << none << none;
}

Table<record_columns> records_of(const authz::Books& books, const SystemAccounts& accounts)
{
    Table<record_columns> table;
    auto posting = books.new_postings().begin(); // in the order of their records, at most one each
    std::int64_t line = 0;
    for (const authz::Record& record : books.new_records()) {
        add_record(table, record, line++);
        if (posting != books.new_postings().end() && posting->key == record.key)
            add_posting(table, *posting++, accounts);
        else
            add_no_posting(table);
    }
    if (posting != books.new_postings().end())
        throw std::logic_error("a posting without a new record of its own");
    return table;
}

Table<redelivery_columns> redeliveries_of(const authz::Books& books)
{
    Table<redelivery_columns> table;
    for (const authz::Redelivery& r : books.new_redeliveries())
        table << r.key << r.content << static_cast<std::int64_t>(r.delivery) << r.account
              << ledger_minor(r.answer) << available_minor(r.answer) << name_of(r.answer.reason)
              << r.answer.code << r.answer.approval_code << name_of(r.anomaly);
    return table;
}

Table<account_columns> accounts_of(const std::vector<authz::Account>& changed)
{
    Table<account_columns> table;
    for (const authz::Account& a : changed)
        table << a.id << a.balance_minor << a.version << days(a.usage.date) << a.usage.amount_minor
              << a.usage.count;
    return table;
}

/// For example "2026-11-22 13:44:29.000001+00".
std::string timestamp(authz::Time time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    char text[96];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d.%06d+00", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text;
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
                                       authz::Time now)
{
    std::vector<std::string> parameters = {timestamp(now)};
    records_of(books, accounts).append_to(parameters);
    redeliveries_of(books).append_to(parameters);
    accounts_of(books.changed_accounts()).append_to(parameters);
    return parameters;
}

} // namespace store
