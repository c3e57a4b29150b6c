-- Accounts and cards. Amounts are bigint minor units of the account's currency (ISO 4217 numeric).

-- A fixed spread over 64 buckets: what a store worker owns, and what a cluster would be distributed by.
create function bucket_of(account_id bigint) returns smallint
    language sql immutable strict parallel safe
    as $$ select (account_id % 64)::smallint $$;

-- A message that concerns no account lives in a bucket of its key.
create function bucket_of_key(key uuid) returns smallint
    language sql immutable strict parallel safe
    as $$ select (get_byte(uuid_send(key), 15) % 64)::smallint $$;

create sequence account_number start with 10001;                      -- customers
create sequence system_account_number start with 1 maxvalue 10000;  -- clearing, suspense, funding

create table account (
    account_id           bigint   not null default nextval('account_number'),
    bucket               smallint not null,
    kind                 text     not null default 'customer',
    network              text,
    status               text     not null default 'open',
    currency             smallint not null,
    balance_minor        bigint   not null default 0,  -- customers only: 0 for the others, theirs is the sum of their postings
    credit_limit_minor   bigint   not null default 0,
    version              bigint   not null default 0,  -- number of this account's postings, 1..n without a gap
    sale_max_minor       bigint,                       -- one sale
    day_amount_max_minor bigint,                       -- sales of one UTC day
    day_count_max        bigint,
    usage_date           date     not null default '1970-01-01',
    usage_amount_minor   bigint   not null default 0,  -- approved, unreversed sales decided on usage_date (UTC)
    usage_count          bigint   not null default 0,
    opened_at            timestamptz not null default now(),
    constraint account_pkey primary key (account_id),
    constraint account_bucket_is_of_its_id check (bucket = bucket_of(account_id)),
    constraint account_id_is_positive check (account_id > 0),
    constraint account_kind_is_known check (kind in ('customer', 'clearing', 'suspense', 'funding')),
    constraint account_status_is_known check (status in ('open', 'closed')),
    constraint account_network_names_a_clearing_account check ((kind = 'clearing') = (network is not null)),
    constraint account_currency_is_iso_4217 check (currency between 1 and 999),
    -- 10^15 minor units are more than any account has; what is added up from them stays far below 2^63.
    constraint account_balance_can_be_added_to check (balance_minor between -100000000000000000 and 100000000000000000),
    constraint account_credit_limit_in_bounds check (credit_limit_minor between 0 and 1000000000000000),
    constraint account_sale_max_in_bounds check (sale_max_minor between 0 and 1000000000000000),
    constraint account_day_amount_max_in_bounds check (day_amount_max_minor between 0 and 1000000000000000),
    constraint account_day_count_max_in_bounds check (day_count_max between 0 and 1000000000000000),
    constraint account_version_not_negative check (version >= 0),
    constraint account_without_live_balance check (kind = 'customer' or (balance_minor = 0 and version = 0))
) with (fillfactor = 70);  -- room for the next version of the row on its own page: no index is touched by an update

comment on index account_pkey is 'a batch locks its accounts by id, in id order';

create unique index account_once_per_purpose on account (kind, network, currency) nulls not distinct
    where kind <> 'customer';
comment on index account_once_per_purpose is
    'one clearing account per network and currency, one suspense and one funding account per currency; holds only those few rows';

-- An account's new state, as a batch writes it.
create type account_change as (
    account_id         bigint,
    balance_minor      bigint,
    version            bigint,
    usage_date         date,
    usage_amount_minor bigint,
    usage_count        bigint
);

create table card (
    card_token uuid     not null,  -- keyed hash of the card number; the number is not here
    account_id bigint   not null,
    status     text     not null default 'active',
    expiry     integer  not null,  -- last valid month, year * 100 + month
    bin        text     not null,
    last_four  text     not null,
    issued_at  timestamptz not null default now(),
    constraint card_pkey primary key (card_token) include (account_id, status, expiry),
    constraint card_status_is_known check (status in ('active', 'blocked', 'unassigned', 'closed')),
    constraint card_expiry_is_a_month check (expiry between 190001 and 999912 and expiry % 100 between 1 and 12),
    constraint card_bin_is_short check (bin ~ '^[0-9]{6,8}$'),
    constraint card_last_four_are_four check (last_four ~ '^[0-9]{4}$')
);
comment on index card_pkey is
    'a message finds its card, and through it its account, by token; what it asks for is in the index itself';
