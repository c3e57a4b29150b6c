-- Repair: what the path of a message could not finish. Working tables: their rows change. The history does not; what a
-- repair does to the books is a message of its own, in the journal.

-- One run of a server process. Its deliveries are boot_id << 40 and up, in order of arrival.
create sequence boot_number maxvalue 8388607;  -- 2^23 - 1: the rest of a positive bigint

create table boot (
    boot_id    bigint      not null default nextval('boot_number'),
    node       text        not null,
    settled    bigint      not null,  -- every delivery of this boot below it is answered, undone, or silent without an effect
    settled_at timestamptz not null,  -- when that was so, by the clock that decided_at is read from
    seen_at    timestamptz not null default now(),  -- by the clock of the database
    started_at timestamptz not null default now(),
    ended_at   timestamptz,           -- in order: nothing is unsettled that has no row in repair
    barrier    xid8,                  -- transactions below it may still be commits of a process that is gone
    scanned_at timestamptz,           -- gone, and what it left unconfirmed is listed
    constraint boot_pkey primary key (boot_id)
) with (fillfactor = 50);

create function boot_of(delivery bigint) returns bigint
    language sql immutable strict parallel safe
    as $$ select delivery >> 40 $$;

-- Who repairs what: one worker per kind.
create function repair_kind(operation text) returns text
    language sql immutable parallel safe
    as $$ select case operation when 'refund' then 'refund_cancel' when 'cancel' then 'refund_cancel'
                                when 'fault_reversal' then 'fault_reversal' else 'sale' end $$;

create table repair (
    repair_id    bigint      generated always as identity,
    kind         text        not null,
    task         text        not null,
    key          uuid        not null,  -- own_undo, unconfirmed: the message; the others: the group
    delivery     bigint      not null default 0,  -- own_undo: whose approval did not leave
    state        text        not null default 'open',
    outcome      text,                  -- how it was closed
    reason       text        not null default '',  -- why the last try failed, or what a person noted
    attempts     integer     not null default 0,
    found_at     timestamptz not null default now(),
    due_at       timestamptz not null default now(),
    leased_until timestamptz,
    leased_by    text,
    closed_at    timestamptz,
    barrier      xid8,                  -- own_undo: while transactions below it run, the message may still appear
    constraint repair_pkey primary key (repair_id),
    constraint repair_finds_once unique (task, key, delivery),  -- the same finding again is no second item
    constraint repair_kind_is_known check (kind in ('sale', 'refund_cancel', 'fault_reversal')),
    constraint repair_task_is_known check (task in ('own_undo', 'unconfirmed', 'tombstone', 'group_difference')),
    constraint repair_state_is_known check (state in ('open', 'closed')),
    constraint repair_closes_with_an_outcome check ((state = 'closed') = (outcome is not null and closed_at is not null)),
    constraint repair_attempts_not_negative check (attempts >= 0)
);
create index repair_open on repair (kind, task, due_at) where state = 'open';
comment on index repair_open is 'a worker asks every second what is due; holds only what is open';

-- How far a search through time has come.
create table repair_progress (
    search  text        not null,
    done_to timestamptz not null,
    constraint repair_progress_pkey primary key (search)
);
insert into repair_progress (search, done_to)
select 'tombstone', coalesce(min(decided_at), now() - interval '1 day') from journal;

-- Repair looks for rows by the time of their decision. Rows lie in that order, so a few bytes for each 32 pages do.
create index journal_by_decision on journal using brin (decided_at) with (pages_per_range = 32, autosummarize = on);
comment on index journal_by_decision is 'what a process that is gone decided last; reversals that are old enough';
create index redelivery_by_decision on redelivery using brin (decided_at) with (pages_per_range = 32, autosummarize = on);
comment on index redelivery_by_decision is 'what a process that is gone answered last';

-- A role's settings are not inherited by its members: each login role of a server gets its own. They hold from the first
-- moment of a session, for this database. False when whoever asks may not do that.
create function limit_sessions_of(login name) returns boolean
    language plpgsql
    as $$
declare
    limits constant text[] := array['lock_timeout', '10s', 'statement_timeout', '60s',
                                    'idle_in_transaction_session_timeout', '10s',
                                    'client_connection_check_interval', '500ms'];
begin
    for i in 1 .. array_length(limits, 1) by 2 loop
        execute format('alter role %I in database %I set %s = %L', login, current_database(), limits[i], limits[i + 1]);
    end loop;
    return true;
exception
    when insufficient_privilege then return false;
end $$;

-- The same for every login role that is a member of tollgate_server; the roles that could not be limited.
create function limit_sessions_of_servers() returns setof name
    language sql
    as $$
        select r.rolname
        from pg_roles r
        where r.rolcanlogin and not r.rolsuper
          and exists (select from pg_roles where rolname = 'tollgate_server')
          and pg_has_role(r.oid, (select oid from pg_roles where rolname = 'tollgate_server'), 'member')
          and not limit_sessions_of(r.rolname)
    $$;

do $$
begin
    if exists (select from pg_roles where rolname = 'tollgate_server') then
        grant select, insert, update on boot, repair, repair_progress to tollgate_server;
        grant usage on sequence boot_number to tollgate_server;
    end if;
end $$;
