#pragma once

#include "store/queries.hpp"

/// The SQL statements of repair, by name. None is on the path of a message. Moments are microseconds since
/// 1970.
namespace store::queries {

/// For sessions that repair: their searches read ranges. A COMMIT does not wait for a standby: what could be
/// lost there is found or done again. A frozen process loses its leadership when its session ends.
inline constexpr Query prepare_for_repair = {"prepare_for_repair", R"(
set enable_seqscan = on;
set enable_bitmapscan = on;
set enable_hashjoin = on;
set plan_cache_mode = force_custom_plan;
set synchronous_commit = local;
set idle_session_timeout = '30s')"};

// --- boots

/// $1 node, $2 now. Waits for the standby: the number must never be given again.
inline constexpr Query register_boot = {"register_boot", R"(
insert into boot (boot_id, node, settled, settled_at)
select number, $1::text, number << 40, timestamptz 'epoch' + $2::bigint * interval '1 microsecond'
from nextval('boot_number') number
returning boot_id)"};

/// Whoever was taken for gone and is not is looked at again when it is.
/// $1 boot, $2 settled, $3 moment of that
inline constexpr Query beat = {"beat", R"(
update boot
set settled = $2::bigint,
    settled_at = timestamptz 'epoch' + $3::bigint * interval '1 microsecond',
    seen_at = clock_timestamp(),
    barrier = null,
    scanned_at = null
where boot_id = $1::bigint)"};

/// $1 boot, $2 settled
inline constexpr Query end_boot = {"end_boot", R"(
update boot
set settled = $2::bigint, seen_at = clock_timestamp(), ended_at = clock_timestamp()
where boot_id = $1::bigint)"};

/// $1 keys, $2 deliveries
inline constexpr Query leave_undos = {"leave_undos", R"(
insert into repair (kind, task, key, delivery, barrier)
select repair_kind(coalesce(j.operation, 'sale')), 'own_undo', u.key, u.delivery,
       pg_current_xact_id()
from unnest($1::uuid[], $2::bigint[]) u(key, delivery)
left join journal j on j.key = u.key
on conflict do nothing)"};

// --- leadership and items

/// The first number is "tolr". Until the session ends. $1 number of the kind
inline constexpr Query lead = {"lead", "select pg_try_advisory_lock(1953459314, $1::integer)"};

/// Takes own undos that are due. A lease that ran out was somebody's who died.
/// $1 kind, $2 node, $3 lease in seconds, $4 how many
inline constexpr Query claim_undos = {"claim_undos", R"(
update repair r
set attempts = r.attempts + 1, leased_by = $2::text, leased_until = now() + make_interval(secs => $3::integer)
from (select repair_id from repair
      where state = 'open' and kind = $1::text and task = 'own_undo' and due_at <= now()
        and (leased_until is null or leased_until < now())
      order by due_at
      limit $4::integer
      for update skip locked) due
where r.repair_id = due.repair_id
returning r.repair_id, r.key, r.delivery)"};

/// $1 item, $2 outcome
inline constexpr Query close_item = {"close_item", R"(
update repair
set state = 'closed', outcome = $2::text, reason = '', closed_at = now(), leased_by = null, leased_until = null
where repair_id = $1::bigint and state = 'open')"};

/// Twice as long each time, from 2 s to 10 min.
/// $1 item, $2 reason
inline constexpr Query put_off_item = {"put_off_item", R"(
update repair
set reason = $2::text, leased_by = null, leased_until = null,
    due_at = now() + make_interval(secs => least(600, 2 ^ least(attempts, 10)))
where repair_id = $1::bigint and state = 'open')"};

/// A person asks for a try now. $1 kind
inline constexpr Query hurry_items = {"hurry_items", R"(
update repair set due_at = now() where state = 'open' and kind = $1::text and due_at > now())"};

/// Whether a message that is not in the journal can still appear there. One snapshot for both questions.
/// $1 item
inline constexpr Query can_still_appear = {"can_still_appear", R"(
select not exists (select from journal j where j.key = r.key)
       and coalesce(pg_snapshot_xmin(pg_current_snapshot()) < r.barrier, false)
from repair r
where r.repair_id = $1::bigint)"};

// --- what people see

/// $1 whether closed ones, too: "all" or "open"; $2 at most so many; $3 only this item, 0: any
inline constexpr Query list_items = {"list_items", R"(
select repair_id, kind, task, replace(key::text, '-', ''), delivery, state, coalesce(outcome, ''), reason, attempts,
       extract(epoch from coalesce(closed_at, now()) - found_at)::bigint,
       to_char(found_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       case when state = 'open' then greatest(0, extract(epoch from due_at - now()))::bigint else 0 end,
       coalesce(leased_by, '')
from repair
where (state = 'open' or $1::text = 'all') and $3::bigint in (0, repair_id)
order by state desc, repair_id
limit $2::integer)"};

/// Per kind and task: how many are open, and the age of the oldest in seconds.
inline constexpr Query open_items = {"open_items", R"(
select kind, task, count(*), max(extract(epoch from now() - found_at))::bigint
from repair
where state = 'open'
group by kind, task
order by kind, task)"};

/// Who leads: the kinds' numbers and the names of the sessions.
inline constexpr Query leaders = {"leaders", R"(
select l.objid::bigint, coalesce(a.application_name, '')
from pg_locks l
left join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.classid = 1953459314 and l.granted
  and l.database = (select oid from pg_database where datname = current_database()))"};

/// A person closes what no message will. Own undos are not among that: they are carried out.
/// $1 item, $2 note
inline constexpr Query close_by_hand = {"close_by_hand", R"(
update repair
set state = 'closed', outcome = 'by_hand', reason = $2::text, closed_at = now()
where repair_id = $1::bigint and state = 'open' and task <> 'own_undo')"};

} // namespace store::queries
