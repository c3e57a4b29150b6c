#include "store/invariants.hpp"

#include "store/session.hpp"

namespace store {

namespace {

constexpr Invariant all[] = {
    // --- books
    {"L01 the trial balance is zero in every currency", R"(
select currency
from (select currency, balance_minor from account where kind = 'customer'
      union all
      select a.currency, e.amount_minor from entry e join account a using (account_id) where a.kind <> 'customer') b
group by currency
having sum(balance_minor) <> 0)"},
    {"L02 a customer's balance is the sum of its postings", R"(
select a.account_id
from account a
left join (select account_id, sum(amount_minor) as total from entry group by account_id) e using (account_id)
where a.kind = 'customer' and a.balance_minor <> coalesce(e.total, 0))"},
    {"L03 account versions run from 1 without a gap", R"(
select a.account_id
from account a
left join entry e using (account_id)
where a.kind = 'customer'
group by a.account_id
having count(e.key) <> a.version or count(distinct e.account_version) <> a.version
    or coalesce(max(e.account_version), 0) <> a.version)"},
    {"L04 balances after each posting chain", R"(
select account_id, account_version
from (select e.account_id, e.account_version, e.amount_minor, e.balance_after_minor,
             lag(e.balance_after_minor, 1, 0::bigint) over (partition by e.account_id order by e.account_version)
                 as balance_before_minor
      from entry e join account a using (account_id)
      where a.kind = 'customer') chain
where balance_after_minor is distinct from balance_before_minor + amount_minor)"},
    {"L05 a posting is in the currency of both its accounts", R"(
select e.key from entry e join account a using (account_id) where e.currency <> a.currency)"},
    {"L06 a posting moves between a holder and the network or the funding", R"(
select p.key
from posting p
left join account d on d.account_id = p.debit_account_id
left join account c on c.account_id = p.credit_account_id
where (coalesce(d.kind, '') in ('customer', 'suspense')) = (coalesce(c.kind, '') in ('customer', 'suspense'))
   or d.kind is null or c.kind is null)"},
    {"L07 a posting carries a version exactly when a customer takes part", R"(
select p.key
from posting p
where (p.account_version is not null and p.balance_after_minor is not null) <> exists (
    select from account a
    where a.account_id in (p.debit_account_id, p.credit_account_id) and a.kind = 'customer'))"},
    {"L08 a sale never leaves less than nothing available", R"(
select p.key
from posting p
join journal j using (key)
join account a on a.account_id = p.debit_account_id
where j.operation = 'sale' and a.kind = 'customer' and p.balance_after_minor + a.credit_limit_minor < 0)"},

    // --- messages and effects
    {"L09 a message moved what its posting says", R"(
select key
from journal j
full join (select p.key, case when a.kind in ('customer', 'suspense') then p.amount_minor else -p.amount_minor end
                             as moved_minor
           from posting p left join account a on a.account_id = p.credit_account_id) p using (key)
where coalesce(j.posted_minor, 0) <> coalesce(p.moved_minor, 0))"},
    {"L10 only a message that was approved or accepted has a posting", R"(
select p.key
from posting p
left join journal j using (key)
where j.reason is null or j.reason not in ('approved', 'approved_in_part', 'accepted', 'undone', 'advice_noted'))"},
    {"L11 a message has at most one posting", "select key from posting group by key having count(*) > 1"},
    {"L12 a key is decided once", "select key from journal group by key having count(*) > 1"},
    {"L13 an approved message moved exactly the amount it was approved for", R"(
select key
from journal
where reason in ('approved', 'approved_in_part')
  and posted_minor <> case operation when 'sale' then -coalesce(answer_approved_minor, amount_minor)
                                     when 'inquiry' then 0
                                     else amount_minor end)"},
    {"L14 a posting stands in the group, on the date and at the time of its message", R"(
select key
from posting p
join journal j using (key)
where (p.group_key, p.business_date, p.posted_at) is distinct from (j.group_key, j.business_date, j.decided_at))"},
    {"L15 a repeat is approved only as its first was", R"(
select r.key
from redelivery r
left join journal j using (key)
where r.reason in ('approved', 'approved_in_part')
  and (j.reason is distinct from r.reason or j.approval_code <> r.approval_code
       or j.answer_code <> r.answer_code
       or j.answer_approved_minor is distinct from r.answer_approved_minor))"},

    // --- groups and reversals
    {"L16 a group has moved what its facts add up to",
     "select group_key from group_effect where due_minor <> moved_minor"},
    {"L17 what was reversed has no effect, unless an advice took its place", R"(
select t.key
from journal t
join journal r on r.target_key = t.key and matches(r, t)
join (select group_key, sum(posted_minor) as minor, bool_or(operation = 'stand_in') as has_advice
      from journal group by group_key) moved on moved.group_key = t.key
where t.key = t.group_key and moved.minor <> 0 and not moved.has_advice
  and ((r.operation = 'fault_reversal' and r.reason = 'accepted' and (r.part_mode is null or r.scope = 'message'))
       or (r.operation = 'own_undo' and r.reason = 'undone')))"},
    {"L18 an accepted reversal names its target and marks it", R"(
select r.key
from journal r
left join group_member m on m.group_key = r.group_key and m.member_key = r.key
where ((r.operation = 'fault_reversal' and r.reason = 'accepted')
       or (r.operation = 'own_undo' and r.reason = 'undone'))
  and (r.target_key is null or r.group_key = r.key or m.member_key is null))"},
    {"L19 whoever belongs to another's group is listed there", R"(
select j.key
from journal j
left join group_member m on m.group_key = j.group_key and m.member_key = j.key
where j.group_key <> j.key and m.member_key is null)"},
    {"L20 whoever is listed in a group exists and belongs to it", R"(
select m.member_key
from group_member m
left join journal j on j.key = m.member_key
where j.group_key is distinct from m.group_key)"},
    {"L21 a redelivery repeats a key that was decided",
     "select r.key from redelivery r left join journal j using (key) where j.key is null"},

    // --- identity and place
    {"L22 a key begins with its transmission second", R"(
select key from journal
where ('x' || left(key::text, 8))::bit(32)::bigint <> extract(epoch from transmitted_at))"},
    {"L23 a row's bucket is that of its account, else of its key", R"(
select key from journal where bucket <> coalesce(bucket_of(account_id), bucket_of_key(key))
union all
select p.key from posting p join journal j using (key) where p.bucket <> j.bucket
union all
select m.member_key from group_member m join journal j on j.key = m.member_key where m.bucket <> j.bucket
union all
select key from redelivery where bucket <> coalesce(bucket_of(account_id), bucket_of_key(key)))"},
    {"L24 a card and a message name a customer that exists", R"(
select c.card_token
from card c left join account a on a.account_id = c.account_id and a.kind = 'customer'
where a.account_id is null
union all
select j.key
from journal j left join account a on a.account_id = j.account_id and a.kind = 'customer'
where j.account_id is not null and a.account_id is null)"},
    // Not less: clocks of two nodes may count a sale into the day that has begun at one of them only.
    {"L25 the day's usage is not less than the journal's", R"(
select a.account_id
from account a
left join (
    select account_id, (decided_at at time zone 'UTC')::date as day, count(*) as number,
           sum(coalesce(answer_approved_minor, amount_minor)) as minor
    from journal j
    where operation = 'sale' and reason in ('approved', 'approved_in_part')
      and not exists (select from reversed_message x where x.key = j.key)
    group by 1, 2
) used on used.account_id = a.account_id and used.day = a.usage_date
where a.kind = 'customer'
  and (a.usage_count < coalesce(used.number, 0) or a.usage_amount_minor < coalesce(used.minor, 0)))"},

    // --- custody
    {"L26 history never saw an update or a deletion", R"(
select s.relname
from unnest(array['journal', 'posting', 'group_member', 'redelivery']) t,
     pg_partition_tree(t::regclass) p
join pg_stat_user_tables s on s.relid = p.relid
where s.n_tup_upd > 0 or s.n_tup_del > 0)"},
    {"L27 every part of history refuses changes", R"(
select p.relid::text
from unnest(array['journal', 'posting', 'group_member', 'redelivery']) t,
     pg_partition_tree(t::regclass) p
where (select count(*) from pg_trigger g
       where g.tgrelid = p.relid and g.tgfoid = 'refuse_change'::regproc and g.tgenabled in ('O', 'A')) < 2)"},
    {"L28 the server's role cannot change history", R"(
select p.relid::text
from unnest(array['journal', 'posting', 'group_member', 'redelivery']) t,
     pg_partition_tree(t::regclass) p,
     unnest(array['update', 'delete', 'truncate']) privilege,
     pg_roles r
where r.rolname = 'tollgate_server' and has_table_privilege(r.oid, p.relid, privilege))"},
    {"L29 no text column holds a card number", "select place from card_number_sightings()"},

    // --- parts, advices
    {"L30 what was approved in part is a sale, for less than it asked", R"(
select key
from journal
where (reason = 'approved_in_part') <> (answer_approved_minor is not null)
   or (reason = 'approved_in_part'
       and (operation <> 'sale' or answer_approved_minor <= 0 or answer_approved_minor >= amount_minor)))"},
    {"L31 the extent of a reversal is said of reversals, in known words, and whole", R"(
select key
from journal
where (operation <> 'fault_reversal' and (scope is not null or part_mode is not null))
   or scope not in ('message', 'transaction', 'unstated')
   or part_mode not in ('replacement', 'reversed')
   or (part_mode is null) <> (part_minor is null)
   or part_minor < 0)"},
    {"L32 an advice names its request and is never refused", R"(
select key
from journal
where operation = 'stand_in' and (target_key is null or reason not in ('accepted', 'advice_noted')))"},
};

constexpr int shown_max = 5; ///< broken rows of an invariant that are named

/// Every statement reads whole tables, and the planner takes their joins, of views over views, for a few
/// rows: nested loops over them take hours for what hash joins do in minutes.
constexpr const char* snapshot = "set transaction isolation level repeatable read, read only; "
                                 "set local enable_nestloop = off; set local work_mem = '64MB'";

} // namespace

std::span<const Invariant> invariants()
{
    return all;
}

std::vector<InvariantResult> check_invariants(const std::string& url,
                                              const std::function<void(const InvariantResult&)>& on_result)
{
    pqxx::connection connection(with_connection_defaults(url));
    pqxx::work work(connection, "check");
    work.exec(snapshot);
    std::vector<InvariantResult> results;
    for (const Invariant& invariant : all) {
        InvariantResult& result = results.emplace_back(InvariantResult{std::string(invariant.name), 0, {}});
        for (const pqxx::row& row :
             work.exec("select count(*) over (), btrim(broken::text, '()') from (" +
                       std::string(invariant.sql) + ") broken limit " + std::to_string(shown_max))) {
            result.rows = row[0].as<std::int64_t>();
            result.first.push_back(row[1].as<std::string>());
        }
        if (on_result) on_result(result);
    }
    return results;
}

std::vector<TrialBalance> trial_balance(const std::string& url)
{
    pqxx::connection connection(with_connection_defaults(url));
    pqxx::work work(connection, "trial balance");
    work.exec(snapshot);
    std::vector<TrialBalance> balances;
    for (const pqxx::row& row : work.exec(R"(
select currency, coalesce(-sum(balance_minor) filter (where balance_minor < 0), 0),
       coalesce(sum(balance_minor) filter (where balance_minor > 0), 0)
from (select currency, balance_minor from account where kind = 'customer'
      union all
      select a.currency, sum(e.amount_minor)
      from account a join entry e using (account_id)
      where a.kind <> 'customer'
      group by a.account_id) b
group by currency
order by currency)"))
        balances.push_back(
            {row[0].as<authz::Currency>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>()});
    return balances;
}

} // namespace store
