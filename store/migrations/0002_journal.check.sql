do $$
declare
    refused integer := 0;
    name text;
    change text;
begin
    assert lowest_key('2001-09-09 01:46:40+00') = '3b9aca00-0000-0000-0000-000000000000', 'a key begins with its second';
    assert create_partitions('2001-09-01', 2) = 8, 'four tables, two months';
    assert create_partitions('2001-09-01', 2) = 0, 'what exists is left alone';
    insert into group_member values
        ('3b9aca00-0000-0000-0000-000000000001', '3b9aca00-0000-0000-0000-000000000002', 1),
        ('ffffffff-0000-0000-0000-000000000001', '3b9aca00-0000-0000-0000-000000000002', 1);
    assert (select count(*) = 1 from group_member_2001_09), 'a row lies in the partition of its month';
    assert (select count(*) = 1 from group_member_default), 'and in the default when it has none';
    foreach name in array array['group_member', 'group_member_2001_09', 'group_member_default'] loop
        foreach change in array array['update %I set bucket = 2', 'delete from %I', 'truncate %I'] loop
            begin
                execute format(change, name);
            exception when restrict_violation then refused := refused + 1;
            end;
        end loop;
    end loop;
    assert refused = 9, 'history is not changed, by whatever way';

    -- Leave nothing behind, not even a deletion in the statistics.
    drop table journal_2001_09, posting_2001_09, group_member_2001_09, redelivery_2001_09,
               journal_2001_10, posting_2001_10, group_member_2001_10, redelivery_2001_10, group_member_default;
    create table group_member_default partition of group_member default;
    perform refuse_truncate('group_member_default'::regclass);
    assert not exists (select from group_member), 'the tables start empty';
end $$;
