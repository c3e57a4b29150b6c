do $$ begin
    assert holds_card_number('4000000000000002'), 'a card number is seen';
    assert holds_card_number('track 4000000000000002=2812'), 'also between other things';
    assert not holds_card_number('4000000000000003'), 'the check digit counts';
    assert not holds_card_number('40000000000000000000'), 'twenty digits are no card number';
    assert not holds_card_number('123456789012'), 'nor are twelve';
    assert not exists (select from card_number_sightings()), 'there is none in an empty database';
    assert not exists (select from group_effect), 'the views can be read';
    assert not exists (select from entry), 'the views can be read';
end $$;
