do $$ begin
    if exists (select from pg_roles where rolname = 'tollgate_server') then
        assert not exists (
            select from unnest(array['journal', 'posting', 'group_member', 'redelivery']) t,
                        unnest(array['update', 'delete', 'truncate']) p
            where has_table_privilege('tollgate_server', t, p)), 'the server cannot change history';
        assert has_table_privilege('tollgate_server', 'journal', 'insert'), 'the server can write history';
    end if;
end $$;
