#pragma once

#include "store/queries.hpp"

/// The SQL statements by which repair finds what it has to look at. None is on the path of a message. Moments
/// are microseconds since 1970.
namespace store::queries {

/// All that follows sees one moment.
inline constexpr Query begin_snapshot = {"begin_snapshot",
                                         "begin isolation level repeatable read, read only"};

/// Boots that gave no sign for so long. $1 seconds
inline constexpr Query gone_boots = {"gone_boots", R"(
select boot_id from boot
where ended_at is null and scanned_at is null and seen_at < now() - make_interval(secs => $1::integer))"};

/// From now on every commit of it has begun. $1 boot
inline constexpr Query set_barrier = {"set_barrier", R"(
update boot set barrier = pg_current_xact_id() where boot_id = $1::bigint and barrier is null)"};

/// Lists the effects of a boot that may not have been answered, and ends the search when no transaction from
/// its time is under way. Its clock may have been set back by an hour while it ran.
/// $1 boot, $2 its settled delivery, $3 since when, $4 seconds
inline constexpr Query list_unconfirmed = {"list_unconfirmed", R"(
with told as (
    select key from journal
    where delivery >= $2::bigint and delivery < ($1::bigint + 1) << 40
      and decided_at >= timestamptz 'epoch' + $3::bigint * interval '1 microsecond' - interval '1 hour'
      and operation in ('sale', 'refund', 'cancel') and reason in ('approved', 'approved_in_part')
    union
    select key from redelivery
    where delivery >= $2::bigint and delivery < ($1::bigint + 1) << 40
      and decided_at >= timestamptz 'epoch' + $3::bigint * interval '1 microsecond' - interval '1 hour'
      and reason in ('approved', 'approved_in_part')
), listed as (
    insert into repair (kind, task, key)
    select repair_kind(j.operation), 'unconfirmed', j.key
    from told join journal j using (key)
    where j.operation in ('sale', 'refund', 'cancel')
    on conflict do nothing
    returning 1
), ended as (
    update boot
    set scanned_at = now()
    where boot_id = $1::bigint and barrier <= pg_snapshot_xmin(pg_current_snapshot())
      and seen_at < now() - make_interval(secs => $4::integer)
)
select count(*) from listed)"};

/// $1 boot
inline constexpr Query settled_of_boot = {"settled_of_boot", R"(
select settled, (extract(epoch from settled_at) * 1000000)::bigint from boot where boot_id = $1::bigint)"};

/// $1 kind, $2 how many
inline constexpr Query due_unconfirmed = {"due_unconfirmed", R"(
select repair_id, key
from repair
where state = 'open' and kind = $1::text and task = 'unconfirmed' and due_at <= now()
order by due_at
limit $2::integer)"};

/// $1 items. The next look is in a minute, later in ten.
inline constexpr Query put_off_unconfirmed = {"put_off_unconfirmed", R"(
update repair
set attempts = attempts + 1, due_at = now() + make_interval(secs => case when attempts < 10 then 60 else 600 end)
where repair_id = any($1::bigint[]) and state = 'open')"};

/// What is known of some boots. $1 boots
inline constexpr Query load_boots = {"load_boots", R"(
select boot_id, settled, ended_at is not null from boot where boot_id = any($1::bigint[]))"};

/// Deliveries of some messages whose undo is still to come. $1 keys
inline constexpr Query open_undos = {"open_undos", R"(
select key, delivery from repair where task = 'own_undo' and state = 'open' and key = any($1::uuid[]))"};

/// One hour of decisions at a time, up to $1 seconds ago: reversals whose original did not come. Row D9
/// without a file.
inline constexpr Query close_tombstones = {"close_tombstones", R"(
with span as (
    select done_to, least(done_to + interval '1 hour', now() - make_interval(secs => $1::bigint)) as new_done_to
    from repair_progress
    where search = 'tombstone' and done_to < now() - make_interval(secs => $1::bigint)
    for update
), aged as (
    insert into repair (kind, task, key, state, outcome, closed_at)
    select distinct 'fault_reversal', 'tombstone', r.group_key, 'closed', 'aged', now()
    from span, journal r
    where r.decided_at >= span.done_to and r.decided_at < span.new_done_to
      and r.operation = 'fault_reversal' and r.reason = 'accepted' and r.group_key <> r.key
      and not exists (select from journal t where t.key = r.group_key)
    on conflict do nothing
    returning 1
), moved as (
    update repair_progress p set done_to = span.new_done_to from span where p.search = 'tombstone'
    returning p.done_to
)
select (select count(*) from aged), (select count(*) from moved where done_to < now() - make_interval(secs => $1::bigint)))"};

/// Groups that have not moved what their facts add up to. Reads the whole journal. $1 kind
inline constexpr Query list_group_differences = {"list_group_differences", R"(
insert into repair (kind, task, key)
select $1::text, 'group_difference', g.group_key
from group_effect g
left join journal j on j.key = g.group_key
where g.due_minor <> g.moved_minor and repair_kind(coalesce(j.operation, 'sale')) = $1::text
on conflict (task, key, delivery) do update
set state = 'open', outcome = null, closed_at = null
where repair.state = 'closed')"};

/// $1 kind
inline constexpr Query close_group_differences = {"close_group_differences", R"(
update repair r
set state = 'closed', outcome = 'agrees', closed_at = now()
where r.state = 'open' and r.task = 'group_difference' and r.kind = $1::text
  and not exists (select from group_effect g where g.group_key = r.key and g.due_minor <> g.moved_minor))"};

} // namespace store::queries
