-- What the whole net-effect rule needs: the extent of reversals, the amount of partial approvals, stand-in advices. The
-- columns stand at the end because a batch writes rows in the order of the columns; where they say nothing they are null
-- and cost nothing.

alter table journal
    add column scope text,                        -- of a fault reversal: 'message', 'transaction', 'unstated'
    add column part_mode text,                    -- of a reversal that names a part (DE95): 'replacement', 'reversed'
    add column part_minor bigint,                 -- what the sale finally was, or what is given back
    add column answer_approved_minor bigint;      -- DE4 of a partial approval; amount_minor is what was asked for

alter table redelivery
    add column answer_approved_minor bigint;

-- The views below take the place of those of 0004. docs/ledger.md has the rule in words.
drop view group_effect;
drop view reversed_message;

-- Accepted reversals, and undos of our own. Rows older than the column undid one message.
create view reversal as
select r.key, r.target_key, r.transmitted_at, r.part_mode, r.part_minor, coalesce(r.scope, 'message') as scope,
       r as message
from journal r
where (r.operation = 'fault_reversal' and r.reason = 'accepted')
   or (r.operation = 'own_undo' and r.reason = 'undone');

-- Requests and advices that tell of one transaction: where there is an advice, the request that it stands in for, come
-- or not, and all advices for it.
create view told_together as
select group_key, key from journal where operation = 'stand_in'
union
select group_key, group_key from journal where operation = 'stand_in';

-- Which reversals undo which messages, wholly or in part: those that name them, and those that undo a transaction by
-- the name of another message of it. A fault undoes all of a message, whatever part the reversal names.
create view reversal_hit as
select hit.key,
       hit.reversal_key,
       hit.part_mode is null or hit.scope = 'message' as is_full,
       hit.part_mode,
       hit.part_minor
from (
    select m.key, r.key as reversal_key, r.scope, r.part_mode, r.part_minor
    from reversal r
    join journal m on m.key = r.target_key and matches(r.message, m)
    union
    select m.key, r.key, r.scope, r.part_mode, r.part_minor
    from reversal r
    join told_together named on named.key = r.target_key
    join told_together other on other.group_key = named.group_key
    join journal m on m.key = other.key and matches(r.message, m)
    where r.scope = 'transaction'
       or (r.scope = 'unstated' and m.operation = 'stand_in' and r.transmitted_at > m.transmitted_at)
) hit;

-- What reversals have left of each message that took or gave money.
create view message_worth as
select m.key,
       m.group_key,
       m.operation,
       case when h.is_full then 0
            else least(coalesce(m.answer_approved_minor, m.amount_minor),
                       h.smallest_minor,
                       greatest(0, coalesce(m.answer_approved_minor, m.amount_minor) - coalesce(h.reversed_minor, 0)))
       end as minor,
       h.key is not null as is_hit
from journal m
left join (
    select key,
           bool_or(is_full) as is_full,
           min(part_minor) filter (where part_mode = 'replacement') as smallest_minor,
           sum(distinct part_minor) filter (where part_mode = 'reversed') as reversed_minor
    from reversal_hit
    group by key
) h on h.key = m.key
where (m.operation in ('sale', 'refund', 'cancel', 'load') and m.reason in ('approved', 'approved_in_part'))
   or (m.operation = 'stand_in' and m.reason = 'accepted');

-- Messages of which reversals have left nothing.
create view reversed_message as
select key from message_worth where is_hit and minor = 0;

-- The message of each group whose amount counts: the last advice, else the request.
create view carrier as
select distinct on (w.group_key) w.group_key, w.key, w.operation, w.minor
from message_worth w
where w.operation = 'stand_in'
   or (w.key = w.group_key and w.operation in ('sale', 'refund', 'load'))
order by w.group_key, w.operation <> 'stand_in', w.key desc;

-- What a group should have moved, and what it has: the net-effect rule. Positive gives to the holder. What is given back
-- of a sale names it, or an advice for it.
create view group_effect as
select moved.group_key,
       case when c.operation in ('sale', 'stand_in') then -greatest(0, c.minor - coalesce(given.minor, 0))
            else coalesce(c.minor, 0)
       end as due_minor,
       moved.minor as moved_minor
from (select group_key, sum(posted_minor) as minor from journal group by group_key) moved
left join carrier c on c.group_key = moved.group_key
left join (
    select w.group_key, sum(w.minor) as minor
    from message_worth w
    join journal g on g.key = w.key
    where w.operation in ('cancel', 'refund')
      and w.key <> w.group_key
      and exists (select from journal s
                  where s.group_key = w.group_key
                    and s.key <> w.key
                    and (s.key = w.group_key or s.operation = 'stand_in')
                    and matches(g, s))
    group by w.group_key
) given on given.group_key = moved.group_key;
