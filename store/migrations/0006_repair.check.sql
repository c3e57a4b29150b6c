do $$
declare
    refused integer := 0;
    wrong text;
begin
    assert boot_of((7::bigint << 40) + 12345) = 7, 'a delivery tells its boot';
    assert boot_of((8388607::bigint << 40) + 1099511627775) = 8388607, 'also the last delivery of the last boot';
    assert repair_kind('cancel') = 'refund_cancel' and repair_kind('sale') = 'sale'
       and repair_kind('fault_reversal') = 'fault_reversal', 'each operation has its worker';
    foreach wrong in array array[
        'insert into repair (kind, task, key) values (''load'', ''own_undo'', gen_random_uuid())',
        'insert into repair (kind, task, key) values (''sale'', ''other'', gen_random_uuid())',
        'insert into repair (kind, task, key, state) values (''sale'', ''own_undo'', gen_random_uuid(), ''closed'')',
        'insert into repair (kind, task, key, outcome, closed_at) values (''sale'', ''own_undo'', gen_random_uuid(), ''x'', now())']
    loop
        begin
            execute wrong;
        exception when check_violation then refused := refused + 1;
        end;
    end loop;
    assert refused = 4, 'an item has a kind, a task, and an outcome exactly when it is closed';
    assert not exists (select from repair) and not exists (select from boot), 'the tables start empty';
    assert exists (select from repair_progress where search = 'tombstone'), 'the search for tombstones has a start';
    if exists (select from pg_roles where rolname = 'tollgate_server') then
        assert has_table_privilege('tollgate_server', 'repair', 'insert, update'), 'a server lists what it leaves';
        assert not has_table_privilege('tollgate_server', 'repair', 'delete'), 'and deletes nothing';
    end if;
end $$;
