do $$ begin
    assert not exists (select from group_effect where due_minor <> moved_minor),
        'what was booked under the shorter rule is right under the whole one';
    assert (select count(*) = 35 from pg_attribute
            where attrelid = 'journal'::regclass and attnum > 0 and not attisdropped), 'a batch writes 35 columns';
    assert (select count(*) = 13 from pg_attribute
            where attrelid = 'redelivery'::regclass and attnum > 0 and not attisdropped), 'and 13 of a redelivery';
end $$;
