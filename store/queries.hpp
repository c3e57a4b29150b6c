#pragma once

/// Every SQL statement of the batch transaction, by name. Arrays are one element per request, record,
/// account. Keys are looked up by index probes, with the batch's lowest and highest key as bounds so that
/// partitions of other months are not visited (the session keeps the planner to that: session.cpp).
namespace store::queries {

struct Query {
    const char* name;
    const char* text;
};

/// How transactions begin; each is one round trip. The number is "tolm": every batch holds this lock, shared,
/// until it ends, so that one can wait for all the others, in all nodes, and keep new ones from beginning. It
/// is a name and no table: whoever else writes accounts (card import, VACUUM) neither waits for it nor is
/// waited for.
inline constexpr Query begin_plain = {"begin_plain", "begin"};
inline constexpr Query begin_batch = {"begin_batch",
                                      "begin; select pg_advisory_xact_lock_shared(1953459309)"};

/// Waits until no batch is under way and lets none begin. Those that come meanwhile queue up behind it, so it
/// gives up soon when somebody does not end, and so does every wait that follows in its transaction.
inline constexpr Query begin_alone = {
    "begin_alone", "begin; set local lock_timeout = '250ms'; select pg_advisory_xact_lock(1953459309)"};

/// Locks the accounts of a batch, in id order. The ids are gathered before any row is touched: a join with
/// what they come from would be evaluated again for each row that was waited for, and was seen to lose some
/// of them. $1 card tokens; $2 keys of the originals that are named, $3..$4 their bounds; $5 further account
/// ids
inline constexpr Query lock_accounts = {"lock_accounts", R"(
select account_id, status, currency, balance_minor, credit_limit_minor, version, sale_max_minor,
       day_amount_max_minor, day_count_max, usage_date - date '1970-01-01', usage_amount_minor, usage_count
from account
where kind = 'customer'
  and account_id = any(array(
    select account_id from card where card_token = any($1::uuid[])
    union all
    select account_id from journal
    where key = any($2::uuid[]) and key >= $3::uuid and key <= $4::uuid and account_id is not null
    union all
    select unnest($5::bigint[])))
order by account_id
for update)"};

/// $1 card tokens
inline constexpr Query load_cards = {"load_cards", R"(
select card_token, account_id, status, expiry
from card
where card_token = any($1::uuid[]))"};

/// The records under some keys and the records whose group is one of them, in order of decision; a record may
/// come twice.
/// $1 keys, $2..$3 their bounds. The members of a group may be of any month: the join prunes by each key.
inline constexpr Query load_records = {"load_records", R"(
select j.key, j.group_key, j.target_key, j.card_token, j.content, extract(epoch from j.transmitted_at)::bigint,
       (extract(epoch from j.decided_at) * 1000000)::bigint, j.delivery, j.account_id, j.amount_minor,
       j.posted_minor, j.answer_ledger_minor, j.answer_available_minor, j.business_date - date '1970-01-01',
       j.currency, j.operation, j.network, j.mti_kind, j.stan, j.terminal, j.target_acquirer, j.processing_code,
       j.merchant, j.acquirer, j.rrn, j.reason, j.answer_code, j.approval_code, j.anomaly, j.scope, j.part_mode,
       j.part_minor, j.answer_approved_minor
from (
    select * from journal
    where key = any($1::uuid[]) and key >= $2::uuid and key <= $3::uuid
    union all
    select member.* from group_member m
    join journal member on member.key = m.member_key
    where m.group_key = any($1::uuid[]) and m.group_key >= $2::uuid and m.group_key <= $3::uuid
) j
order by j.decided_at, j.batch_line)"};

/// $1 keys, $2..$3 their bounds
inline constexpr Query load_redeliveries = {"load_redeliveries", R"(
select key, delivery, account_id, content, reason, answer_code, approval_code, answer_ledger_minor,
       answer_available_minor, anomaly, (extract(epoch from decided_at) * 1000000)::bigint, answer_approved_minor
from redelivery
where key = any($1::uuid[]) and key >= $2::uuid and key <= $3::uuid
order by decided_at)"};

/// Everything that a batch adds, in one statement, as arrays of rows of the tables. The number of updated
/// accounts is the statement's result.
inline constexpr Query write_batch = {"write_batch", R"(
with written_journal as (
    insert into journal select * from unnest($1::journal[])
), written_members as (
    insert into group_member select * from unnest($2::group_member[])
), written_postings as (
    insert into posting select * from unnest($3::posting[])
), written_redeliveries as (
    insert into redelivery select * from unnest($4::redelivery[])
)
update account a
set balance_minor = n.balance_minor,
    version = n.version,
    usage_date = n.usage_date,
    usage_amount_minor = n.usage_amount_minor,
    usage_count = n.usage_count
from unnest($5::account_change[]) n
where a.account_id = n.account_id)"};

/// The numbers of the row types of write_batch, which differ from database to database.
inline constexpr Query read_row_types = {"read_row_types", R"(
select 'journal'::regtype::oid, 'group_member'::regtype::oid, 'posting'::regtype::oid,
       'redelivery'::regtype::oid, 'account_change'::regtype::oid)"};

/// $1 kind, $2 network or empty, $3 currency
inline constexpr Query find_system_account = {"find_system_account", R"(
select account_id
from account
where kind <> 'customer' and kind = $1::text and network is not distinct from nullif($2::text, '')
  and currency = $3::smallint)"};

/// The accounts that take the other side of postings; few.
inline constexpr Query load_system_accounts = {"load_system_accounts", R"(
select kind, coalesce(network, ''), currency, account_id
from account
where kind <> 'customer')"};

/// $1 kind, $2 network or empty, $3 currency. Another node may have been first.
inline constexpr Query open_system_account = {"open_system_account", R"(
with number as materialized (select nextval('system_account_number') as id)
insert into account (account_id, bucket, kind, network, currency)
select id, bucket_of(id), $1::text, nullif($2::text, ''), $3::smallint from number
on conflict do nothing)"};

/// Opens customers with consecutive ids; a balance comes by a load, a message of our own.
/// $1 first id, $2 now in microseconds since 1970, $3..$8 terms, $9 keys of the loads, $10 funding accounts
inline constexpr Query open_accounts = {"open_accounts", R"(
with terms as materialized (
    select t.*, $1::bigint + t.line - 1 as account_id,
           timestamptz 'epoch' + $2::bigint * interval '1 microsecond' as opened_at
    from unnest($3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
                $9::uuid[], $10::bigint[]) with ordinality
        as t(currency, balance_minor, credit_limit_minor, sale_max_minor, day_amount_max_minor, day_count_max,
             key, funding_id, line)
), opened as (
    insert into account (account_id, bucket, currency, balance_minor, credit_limit_minor, version,
                         sale_max_minor, day_amount_max_minor, day_count_max, opened_at)
    select account_id, bucket_of(account_id), currency, balance_minor, credit_limit_minor,
           case when balance_minor = 0 then 0 else 1 end,
           sale_max_minor, day_amount_max_minor, day_count_max, opened_at
    from terms
), journaled as (
    insert into journal (key, group_key, content, transmitted_at, decided_at, delivery, account_id, amount_minor,
                         posted_minor, business_date, batch_line, bucket, currency, operation, network, mti_kind,
                         stan, terminal, processing_code, merchant, acquirer, rrn, reason, answer_code,
                         approval_code, anomaly)
    select key, key, key, date_trunc('second', opened_at), opened_at, 0, account_id, balance_minor,
           balance_minor, (opened_at at time zone 'UTC')::date, line, bucket_of(account_id), currency, 'load',
           '', '', '', '', '', '', '', '', 'approved', '', '', 'none'
    from terms
    where balance_minor <> 0
)
insert into posting (key, group_key, posted_at, debit_account_id, credit_account_id, amount_minor,
                     account_version, balance_after_minor, business_date, currency, bucket)
select key, key, opened_at, funding_id, account_id, balance_minor, 1, balance_minor,
       (opened_at at time zone 'UTC')::date, currency, bucket_of(account_id)
from terms
where balance_minor <> 0)"};

/// $1 tokens
inline constexpr Query find_cards = {"find_cards",
                                     "select card_token from card where card_token = any($1::uuid[])"};

/// $1 tokens, $2 accounts, $3 statuses, $4 expiries, $5 BINs, $6 last fours
inline constexpr Query issue_cards = {"issue_cards", R"(
insert into card (card_token, account_id, status, expiry, bin, last_four)
select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::integer[], $5::text[], $6::text[]))"};

/// $1 id
inline constexpr Query show_account = {"show_account", R"(
select currency, balance_minor, credit_limit_minor, status, version
from account
where account_id = $1::bigint and kind = 'customer')"};

/// The newest message with these fields; without its transmission time nothing narrows the search.
/// $1 network, $2 class and function of the MTI, $3 STAN, $4 terminal
inline constexpr Query find_message = {"find_message", R"(
select key
from journal
where network = $1 and mti_kind = $2 and stan = $3 and terminal = $4 and operation <> 'own_undo'
order by key desc
limit 1)"};

/// The group that a key belongs to; no row when nobody ever named it. An advice belongs to its request's,
/// whatever hangs on its own key.
/// $1 key
inline constexpr Query find_group = {"find_group", R"(
select group_key
from (select 1 as place, group_key from journal where key = $1::uuid
      union
      select 2, group_key from group_member where group_key = $1::uuid) found
order by place
limit 1)"};

/// The postings and redeliveries of a group's messages.
/// $1 their keys
inline constexpr Query count_postings = {"count_postings",
                                         "select count(*) from posting where key = any($1::uuid[])"};
inline constexpr Query count_redeliveries = {"count_redeliveries", R"(
select key, count(*) from redelivery where key = any($1::uuid[]) group by key)"};

/// What the server insists on before it trusts a COMMIT (RELIABILITY 10.6).
inline constexpr Query read_settings = {"read_settings", R"(
select current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'))"};

/// The schema's version; the table may be missing.
inline constexpr Query read_schema_version = {"read_schema_version",
                                              "select coalesce(max(number), 0) from migration"};

} // namespace store::queries
