-- How people and checks look at the books; nothing here is on the path of a message.

-- Each posting as its two signed sides: + is credit, - is debit. Version and balance are the customer's.
create view entry as
select key, group_key, debit_account_id as account_id, -amount_minor as amount_minor, currency,
       account_version, balance_after_minor, business_date, posted_at
from posting
union all
select key, group_key, credit_account_id, amount_minor, currency,
       account_version, balance_after_minor, business_date, posted_at
from posting;

-- Whether a message that names another by key truly means it: card and acquirer agree where both sides give them.
create function matches(a journal, b journal) returns boolean
    language sql immutable parallel safe
    as $$
        select (a.card_token is null or b.card_token is null or a.card_token = b.card_token)
           and (coalesce(a.target_acquirer, '') = '' or b.acquirer = '' or a.target_acquirer = b.acquirer)
    $$;

-- Messages that an accepted reversal, or an undo of our own, names.
create view reversed_message as
select distinct t.key
from journal t
join journal r on r.target_key = t.key and matches(r, t)
where (r.operation = 'fault_reversal' and r.reason = 'accepted')
   or (r.operation = 'own_undo' and r.reason = 'undone');

-- What a group should have moved, and what it has: the net-effect rule. Positive gives to the holder.
create view group_effect as
select root.key as group_key,
       case root.operation
           when 'sale' then -greatest(0, live.minor - coalesce(given.minor, 0))
           else live.minor
       end as due_minor,
       coalesce(moved.minor, 0) as moved_minor
from journal root
cross join lateral (
    select case when root.reason = 'approved' and not exists (select from reversed_message x where x.key = root.key)
                then root.amount_minor else 0 end as minor
) live
left join (
    select g.target_key, sum(g.amount_minor) as minor
    from journal g
    join journal s on s.key = g.target_key and matches(g, s)
    where g.operation in ('cancel', 'refund') and g.reason = 'approved'
      and not exists (select from reversed_message x where x.key = g.key)
    group by g.target_key
) given on given.target_key = root.key
left join (select group_key, sum(posted_minor) as minor from journal group by group_key) moved
    on moved.group_key = root.key
where root.key = root.group_key and root.operation in ('sale', 'refund', 'load');

-- A run of 13 to 19 digits whose check digit is right.
create function holds_card_number(value text) returns boolean
    language plpgsql immutable strict parallel safe
    as $$
declare
    run text;
    digit integer;
    total integer;
begin
    if value !~ '[0-9]{13}' then return false; end if;
    for run in select m[1] from regexp_matches(value, '[0-9]{13,}', 'g') m loop
        continue when length(run) > 19;
        total := 0;
        for i in 1 .. length(run) loop
            digit := substr(run, length(run) - i + 1, 1)::integer * (2 - i % 2);
            total := total + digit / 10 + digit % 10;
        end loop;
        if total % 10 = 0 then return true; end if;
    end loop;
    return false;
end $$;

-- Every text column of every table that holds a card number. A merchant's id may be fifteen digits and right by
-- chance, so there only a number under a BIN of ours counts.
create function card_number_sightings() returns table (place text, sightings bigint)
    language plpgsql stable
    as $$
declare
    place_row record;
    condition text;
begin
    for place_row in
        select c.table_name, c.column_name
        from information_schema.columns c
        join information_schema.tables t using (table_schema, table_name)
        join pg_class p on p.oid = format('%I.%I', table_schema, table_name)::regclass and not p.relispartition
        where table_schema = current_schema() and t.table_type = 'BASE TABLE'
          and data_type in ('text', 'character varying', 'character')
    loop
        condition := format('holds_card_number(%I)', place_row.column_name);
        if place_row.column_name = 'merchant' then
            condition := condition || ' and exists (select from card where strpos(merchant, bin) > 0)';
        end if;
        place := place_row.table_name || '.' || place_row.column_name;
        execute format('select count(*) from %I where %s', place_row.table_name, condition) into sightings;
        if sightings > 0 then return next; end if;
    end loop;
end $$;
