-- What the server may do, whoever it connects as: a login role is made a member of tollgate_server. It appends to the
-- history and cannot change it.
do $$
begin
    if not exists (select from pg_roles where rolname = 'tollgate_server') then
        begin
            create role tollgate_server nologin;
        exception
            when duplicate_object or unique_violation then null; -- another database made it at this moment
            when insufficient_privilege then
                raise notice 'role tollgate_server is missing and % may not create it: let an administrator run "create role tollgate_server" and the grants of 0003_server_role.sql',
                    current_user;
        end;
    end if;
end $$;

do $$
begin
    if exists (select from pg_roles where rolname = 'tollgate_server') then
        grant select, insert on journal, posting, group_member, redelivery to tollgate_server;
        grant select, insert, update on account to tollgate_server;
        grant select on card, migration to tollgate_server;
        grant usage on sequence system_account_number to tollgate_server;
    end if;
end $$;
