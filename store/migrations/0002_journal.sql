-- Journal, postings, groups and redeliveries: append-only, partitioned by the month of the key. The first four bytes
-- of a key are the transmission second, so a range of keys is a range of time, and new rows land side by side.
-- No foreign keys: the one writer is the batch transaction, and `tollgatectl check` proves what they would.

-- One row per decided message.
create table journal (
    key                   uuid        not null,
    group_key             uuid        not null,  -- key of the message that its group hangs on; its own if on nothing
    target_key            uuid,                  -- the original, as the message named it, found or not
    card_token            uuid,
    content               uuid        not null,  -- digest of what a repeat must have equal
    transmitted_at        timestamptz not null,
    decided_at            timestamptz not null,
    delivery              bigint      not null,  -- the frame it came in; the 64 bits of an unsigned number
    account_id            bigint,
    amount_minor          bigint      not null,
    posted_minor          bigint      not null,  -- what this message moved: + gave to the holder, - took
    answer_ledger_minor   bigint,                -- DE54 of the answer
    answer_available_minor bigint,
    business_date         date        not null,
    batch_line            integer     not null,  -- place in its batch: orders rows of one decided_at
    bucket                smallint    not null,
    currency              smallint    not null,
    operation             text        not null,
    network               text        not null,
    mti_kind              text        not null,
    stan                  text        not null,
    terminal              text        not null,
    target_acquirer       text,
    processing_code       text        not null,
    merchant              text        not null,
    acquirer              text        not null,
    rrn                   text        not null,
    reason                text        not null,
    answer_code           text        not null,  -- DE39
    approval_code         text        not null,  -- DE38
    anomaly               text        not null,
    constraint journal_pkey primary key (key)
) partition by range (key);
-- The key alone is unique, not the key with its bucket: one key under two cards is one key, and the second of two
-- nodes (or of two workers) must meet the first. Distributed over a cluster the bucket has to join the constraint.
comment on index journal_pkey is
    'a repeat finds its first answer, a reversal its original; and two nodes cannot both decide one message';

-- One double entry: the whole amount from the debit to the credit account. A message causes at most one.
create table posting (
    key                uuid        not null,
    group_key          uuid        not null,
    posted_at          timestamptz not null,
    debit_account_id   bigint      not null,
    credit_account_id  bigint      not null,
    amount_minor       bigint      not null,
    account_version    bigint,                   -- of the customer's account after it; null when none took part
    balance_after_minor bigint,
    business_date      date        not null,
    currency           smallint    not null,
    bucket             smallint    not null,
    constraint posting_pkey primary key (key),
    constraint posting_moves_something check (amount_minor > 0),
    constraint posting_has_two_sides check (debit_account_id <> credit_account_id)
) partition by range (key);
comment on index posting_pkey is 'one message, at most one posting; its life line finds it';

-- Who belongs to a group beside the message it hangs on. A row whose group_key has no journal row of its own is the
-- tombstone of a message that its reversal overtook.
create table group_member (
    group_key  uuid     not null,
    member_key uuid     not null,
    bucket     smallint not null,
    constraint group_member_pkey primary key (group_key, member_key, bucket)
) partition by range (group_key);
comment on index group_member_pkey is 'every message asks by its own key who came before it: its reversal, its cancel';

-- A repeat, or another message under a key that is taken: every answer follows a durable row of its own.
create table redelivery (
    key                    uuid        not null,
    content                uuid        not null,
    decided_at             timestamptz not null,
    delivery               bigint      not null,
    account_id             bigint,
    answer_ledger_minor    bigint,
    answer_available_minor bigint,
    bucket                 smallint    not null,
    reason                 text        not null,
    answer_code            text        not null,
    approval_code          text        not null,
    anomaly                text        not null
) partition by range (key);
create index redelivery_by_key on redelivery (key);
comment on index redelivery_by_key is
    'an undo of our own asks whether somebody else was answered; not unique: a batch in doubt is run again';

create table journal_default partition of journal default;
create table posting_default partition of posting default;
create table group_member_default partition of group_member default;
create table redelivery_default partition of redelivery default;

-- History is not changed: a correction is another row.
create function refuse_change() returns trigger
    language plpgsql
    as $$ begin
        raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
    end $$;

create trigger journal_is_append_only before update or delete on journal for each row execute function refuse_change();
create trigger posting_is_append_only before update or delete on posting for each row execute function refuse_change();
create trigger group_member_is_append_only before update or delete on group_member
    for each row execute function refuse_change();
create trigger redelivery_is_append_only before update or delete on redelivery
    for each row execute function refuse_change();

-- A statement trigger does not reach the partitions by itself; each gets its own.
create function refuse_truncate(partition regclass) returns void
    language plpgsql
    as $$ begin
        execute format('create trigger is_never_truncated before truncate on %s
                        for each statement execute function refuse_change()', partition);
    end $$;
do $$ begin
    perform refuse_truncate(t::regclass)
    from unnest(array['journal', 'posting', 'group_member', 'redelivery',
                      'journal_default', 'posting_default', 'group_member_default', 'redelivery_default']) t;
end $$;

-- The lowest key of a moment.
create function lowest_key(moment timestamptz) returns uuid
    language sql immutable strict parallel safe
    as $$ select rpad(lpad(to_hex(floor(extract(epoch from moment))::bigint), 8, '0'), 32, '0')::uuid $$;

-- Makes the partitions of some months, in UTC; those that exist are left alone. A month whose rows are in the default
-- partition already stays there.
create function create_partitions(first_month date, months integer) returns integer
    language plpgsql
    as $$
declare
    table_name text;
    month date;
    partition text;
    key_column text;
    low uuid;
    high uuid;
    taken boolean;
    made integer := 0;
begin
    for i in 0 .. months - 1 loop
        month := date_trunc('month', first_month) + make_interval(months => i);
        low := lowest_key(month::timestamp at time zone 'UTC');
        high := lowest_key((month + interval '1 month')::timestamp at time zone 'UTC');
        foreach table_name in array array['journal', 'posting', 'group_member', 'redelivery'] loop
            partition := table_name || to_char(month, '_YYYY_MM');
            continue when to_regclass(partition) is not null;
            key_column := case table_name when 'group_member' then 'group_key' else 'key' end;
            execute format('select exists (select from %I where %I >= $1 and %I < $2)',
                           table_name || '_default', key_column, key_column) into taken using low, high;
            if taken then
                raise notice 'partition % is not made: rows of that month are in %_default', partition, table_name;
                continue;
            end if;
            execute format('create table %I partition of %I for values from (%L) to (%L)', partition, table_name,
                           low, high);
            perform refuse_truncate(partition::regclass);
            made := made + 1;
        end loop;
    end loop;
    return made;
end $$;
