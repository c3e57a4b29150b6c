#include "store/invariants.hpp"
#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

#include <set>

// Every invariant is proven live: its violation is planted into good books, and it is seen to fire.

namespace {

/// Books with one of everything.
void live_a_little(LedgerFixture& f)
{
    f.open(1);
    f.open(2);
    f.open(4, 40);
    const auto closed = f.open(3);
    const auto of_card = [](authz::Request r, std::uint64_t card) {
        r.card = good::card(card).token;
        return r;
    };
    const auto sale = good::sale(1);
    const auto cancel = good::cancel(2, sale);
    const auto refunded = good::sale(3);
    const auto reversed = good::sale(5);
    const auto lost = good::sale(7);
    const auto undone = good::sale(9);
    const auto suspended = of_card(good::sale(11), 3);
    auto too_much = good::sale(13);
    too_much.amount.minor = 1'000'000;
    auto part = good::refund(4, refunded);
    part.amount.minor = 30;
    f.codes({sale, cancel, refunded, part, reversed, good::reversal(6, reversed), good::reversal(8, lost),
             lost, undone, good::own_undo(10, undone), suspended, too_much, good::again(refunded),
             good::request(authz::Operation::refund, 14, "20"), of_card(good::sale(15), 2),
             good::request(authz::Operation::inquiry, 16, "20")});
    const auto replaced = good::sale(17);
    const auto reduced = good::sale(25);
    auto in_part = of_card(good::sale(23), 4);
    in_part.takes_part = true;
    auto policy = good::policy();
    policy->partial_approval_min_minor = 10;
    in_part.policy = policy;
    auto declined = good::advice(21, good::sale(22));
    declined.network_declined = true;
    f.codes({replaced, good::advice(18, replaced), good::advice(19, good::sale(20)), declined, in_part,
             good::again(in_part), reduced, good::partial(24, reduced, 60)});
    f.database.run("update account set status = 'closed' where account_id = " + std::to_string(closed));
    f.codes({good::reversal(12, suspended)});
}

using Names = std::set<std::string>;

Names broken(const std::string& url)
{
    Names names;
    for (const auto& result : store::check_invariants(url))
        if (result.rows > 0) names.insert(result.name.substr(0, 3));
    return names;
}

struct Row {
    Names fire; ///< the first in the test's name; others follow from the same damage
    const char* damage;
};

// A sale that stands, on card 2; message 15 of live_a_little.
#define SALE "(select key from journal where stan = '15')"
#define CUSTOMER "(select account_id from journal where stan = '15')"

const Row rows[] = {
    {{"L01", "L02"}, "update account set balance_minor = balance_minor + 1 where account_id = " CUSTOMER},
    {{"L02"},
     "update account set balance_minor = balance_minor + case account_id when " CUSTOMER
     " then 1 else -1 end "
     "where account_id in (" CUSTOMER ", (select account_id from journal where stan = '1'))"},
    {{"L03"}, "update account set version = version + 1 where account_id = " CUSTOMER},
    {{"L04"}, "update posting set balance_after_minor = balance_after_minor + 1 where key = " SALE},
    {{"L05"}, "update posting set currency = 978 where key = " SALE},
    {{"L01", "L06"}, "update posting set credit_account_id = 999999 where key = " SALE},
    {{"L03", "L04", "L07"},
     "update posting set account_version = null, balance_after_minor = null where key = " SALE},
    {{"L04", "L08"}, "update posting set balance_after_minor = -1 where key = " SALE},
    {{"L09", "L13", "L16"}, "update journal set posted_minor = posted_minor - 1 where key = " SALE},
    {{"L10", "L16"}, "update journal set reason = 'stale' where key = " SALE},
    {{"L01", "L02", "L03", "L04", "L11"},
     "alter table posting drop constraint posting_pkey; insert into posting select * from posting where key "
     "= " SALE},
    {{"L12", "L16", "L25"},
     "alter table journal drop constraint journal_pkey; insert into journal select * from journal where key "
     "= " SALE},
    {{"L13", "L16", "L25"}, "update journal set amount_minor = amount_minor + 1 where key = " SALE},
    {{"L14"}, "update posting set posted_at = posted_at + interval '1 second' where key = " SALE},
    {{"L15"}, "update redelivery set approval_code = 'ABCDEF'"},
    {{"L15"}, "update redelivery set answer_approved_minor = 1 where reason = 'approved_in_part'"},
    {{"L13", "L15", "L16"},
     "update journal set answer_approved_minor = 39, amount_minor = 100 where reason = 'approved_in_part'"},
    {{"L16"}, "update journal set part_minor = 70 where stan = '24'"},
    {{"L16", "L17"}, "update journal set scope = 'message' where stan = '24'"},
    {{"L16"}, "update journal set amount_minor = 90 where stan = '18'"},
    {{"L16"}, "update journal set target_acquirer = '999' where stan = '4'"},
    {{"L09", "L16", "L17"}, "update journal set posted_minor = 0 where stan = '6'"},
    {{"L18", "L19"},
     "delete from group_member where member_key = (select key from journal where stan = '6')"},
    {{"L19"}, "delete from group_member where member_key = (select key from journal where stan = '4')"},
    {{"L20"}, "insert into group_member values (" SALE ", gen_random_uuid(), 1)"},
    {{"L21"},
     "insert into redelivery select '00000000-0000-0000-0000-000000000000', content, decided_at, delivery, "
     "account_id, null, null, bucket, 'stale', answer_code, approval_code, anomaly, null from redelivery"},
    {{"L22"}, "update journal set transmitted_at = transmitted_at + interval '1 second' where key = " SALE},
    {{"L23"},
     "update group_member set bucket = bucket + 1 where member_key = (select key from journal where stan = "
     "'4')"},
    {{"L24"},
     "insert into card (card_token, account_id, expiry, bin, last_four) "
     "values (gen_random_uuid(), 999999, 203012, '400000', '0002')"},
    {{"L25"}, "update account set usage_count = usage_count - 1 where account_id = " CUSTOMER},
    {{"L27"}, "alter table journal_default disable trigger journal_is_append_only"},
    {{"L28"}, "grant delete on posting to tollgate_server"},
    {{"L29"}, "update journal set rrn = '4000000000000002' where key = " SALE},
    {{"L30"}, "update journal set answer_approved_minor = 5 where stan = '13'"},
    {{"L31"}, "update journal set part_minor = 3 where stan = '6'"},
    {{"L32"}, "update journal set reason = 'stale' where stan = '21'"},
};

#undef SALE
#undef CUSTOMER

} // namespace

TEST_CASE("every invariant holds in good books, and fires when its violation is planted")
{
    LedgerFixture fixture;
    live_a_little(fixture);
    REQUIRE(fixture.broken() == "");
    const std::string original = fixture.database.name();

    Names seen;
    for (const Row& row : rows) {
        FreshDatabase copy(original);
        // The planting itself is no violation of L26. A session may report what it did after it was closed,
        // and so after the reset, unless it is told to report before.
        copy.run(std::string("set session_replication_role = replica; ") + row.damage +
                 "; select pg_stat_force_next_flush()");
        copy.run("select pg_stat_reset()");
        CAPTURE(std::string(row.damage));
        const Names names = broken(copy.url());
        std::string text;
        for (const auto& n : names) text += n + " ";
        CHECK_MESSAGE(names == row.fire, text);
        seen.insert(names.begin(), names.end());
    }

    FreshDatabase copy(original);
    copy.run("set session_replication_role = replica; update posting set currency = currency; "
             "select pg_stat_force_next_flush()");
    CHECK(broken(copy.url()) == Names{"L26"});
    seen.insert("L26");
    CHECK(seen.size() == store::invariants().size());
}
