#include "tests/bench/ledger_past.hpp"

#include <pqxx/pqxx>

#include <map>

namespace bench {

namespace {

using Expressions = std::map<std::string, std::string>; ///< column -> what stands in it

/// The accounts, scattered, as they are before their past; and the pattern of the rows.
constexpr const char* preparation = R"(
create temporary table pattern on commit drop as
select s.key as sale, r.key as reversal
from journal s
join journal r on r.target_key = s.key and r.operation = 'fault_reversal' and r.reason = 'accepted'
where s.operation = 'sale' and s.reason = 'approved'
order by s.key desc
limit 1;

create temporary table holder on commit drop as
select row_number() over (order by md5(card_token::text)) - 1 as place, card_token, account_id, balance_minor, version
from card
join account using (account_id)
where account_id <> (select account_id from journal join pattern on key = sale);
create unique index on holder (place);
analyze holder;
)";

/// The entries to come: the n-th of all, in order of time, is the turn-th of its account. Each key is made
/// from n, so that a reversal knows the key of its sale. The functions are stable, not immutable, because
/// only then the planner writes their bodies in their places.
constexpr const char* entries_to_come = R"(
create temporary table past on commit drop as
select count(*) as holders, current_setting('bench.rows')::bigint / count(*) as turns,
       count(*) * (current_setting('bench.rows')::bigint / count(*)) as total,
       extract(epoch from date_trunc('day', now() at time zone 'UTC') at time zone 'UTC')::float8 as midnight
from holder;

create function pg_temp.second_of(n bigint, total bigint, midnight float8) returns float8
    language sql stable
    as $$ select midnight - 1 - 2592000 * (1 - n::float8 / total) $$;
create function pg_temp.key_of(n bigint, second float8) returns uuid
    language sql stable
    as $$ select (lpad(to_hex(floor(second)::bigint), 8, '0') || left(md5('past ' || n), 24))::uuid $$;

create temporary view entry_to_come as
select n, turn, h.*, turn % 50 = 0 as takes_back, h.version + turn as version_after,
       h.balance_minor - turn + 2 * (turn / 50) as balance_after, second,
       to_timestamp(second) as moment, to_timestamp(floor(second)) as transmitted,
       pg_temp.key_of(n, second) as new_key,
       pg_temp.key_of(n - holders, pg_temp.second_of(n - holders, total, midnight)) as sale_key
from (select n, total, holders, midnight, (n - 1) / holders + 1 as turn, (n - 1) % holders as place,
             pg_temp.second_of(n, total, midnight) as second
      from past, generate_series(1, total) n) numbered
join holder h using (place);
)";

constexpr const char* balances = R"(
update account a
set balance_minor = h.balance_minor - turns + 2 * (turns / 50), version = h.version + turns
from holder h, past
where a.account_id = h.account_id)";

const Expressions of_both = {
    {"key", "e.new_key"},
    {"card_token", "e.card_token"},
    {"content", "md5('content ' || e.n)::uuid"},
    {"transmitted_at", "e.transmitted"},
    {"decided_at", "e.moment"},
    {"posted_at", "e.moment"},
    {"delivery", "e.n"},
    {"account_id", "e.account_id"},
    {"business_date", "(e.moment at time zone 'UTC')::date"},
    {"batch_line", "(e.n % 512)::integer"},
    {"bucket", "bucket_of(e.account_id)"},
    {"stan", "lpad((e.n % 999999 + 1)::text, 6, '0')"},
    {"terminal", "'P' || lpad((e.n % 10000000)::text, 7, '0')"},
    {"rrn", "lpad(e.n::text, 12, '0')"},
    {"account_version", "e.version_after"},
    {"balance_after_minor", "e.balance_after"},
};

Expressions with(Expressions expressions, const Expressions& more)
{
    for (const auto& [column, expression] : more) expressions[column] = expression;
    return expressions;
}

Expressions of_sale()
{
    return with(of_both, {{"group_key", "e.new_key"}, {"debit_account_id", "e.account_id"}});
}

Expressions of_reversal()
{
    const std::string sale = "e.sale_key";
    return with(of_both, {{"group_key", sale},
                          {"target_key", sale},
                          {"member_key", "e.new_key"},
                          {"credit_account_id", "e.account_id"}});
}

struct Copies {
    std::string table;
    std::string pattern; ///< which of its rows
    std::string entries; ///< which of them get such a row
    Expressions expressions;
};

/// Columns without an expression are copied.
void insert(pqxx::work& work, const Copies& copies)
{
    std::string list;
    for (const pqxx::row& row :
         work.exec("select attname from pg_attribute where attnum > 0 and not attisdropped and attrelid = " +
                   work.quote(copies.table) + "::regclass order by attnum")) {
        const auto column = row[0].as<std::string>();
        const auto found = copies.expressions.find(column);
        list +=
            (list.empty() ? "" : ", ") + (found == copies.expressions.end() ? "p." + column : found->second);
    }
    work.exec("insert into " + copies.table + " select " + list +
              " from entry_to_come e cross join (select t.* from " + copies.table + " t join pattern on " +
              copies.pattern + ") p where " + copies.entries);
}

} // namespace

void append_past(const std::string& url, std::size_t rows)
{
    pqxx::connection connection(url);
    {
        pqxx::work work(connection);
        work.exec("set local jit = off; set bench.rows = " + std::to_string(rows));
        work.exec(preparation);
        work.exec(entries_to_come);
        const std::string sales = "not e.takes_back";
        const std::string reversals = "e.takes_back";
        insert(work, {"journal", "t.key = sale", sales, of_sale()});
        insert(work, {"journal", "t.key = reversal", reversals, of_reversal()});
        insert(work, {"group_member", "t.member_key = reversal", reversals, of_reversal()});
        insert(work, {"posting", "t.key = sale", sales, of_sale()});
        insert(work, {"posting", "t.key = reversal", reversals, of_reversal()});
        work.exec(balances);
        work.commit();
    }
    pqxx::nontransaction(connection).exec("vacuum analyze");
    pqxx::nontransaction(connection).exec("checkpoint");
}

} // namespace bench
