do $$ begin
    assert (select count(distinct bucket_of(id)) = 64 and min(bucket_of(id)) = 0 and max(bucket_of(id)) = 63
            from generate_series(1, 1000) id), 'accounts spread over the buckets 0..63';
    assert (select bool_and(bucket_of_key(gen_random_uuid()) between 0 and 63) from generate_series(1, 1000)),
        'keys spread over the buckets 0..63';
    begin
        insert into account (account_id, bucket, currency, kind) values (1, 1, 392, 'funding'), (2, 2, 392, 'funding');
        assert false, 'one funding account per currency';
    exception when unique_violation then null;
    end;
    assert not exists (select from account) and not exists (select from card), 'the tables start empty';
end $$;
