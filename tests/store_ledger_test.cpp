#include "store/queries.hpp"
#include "store/rows.hpp"
#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

#include <map>

using Codes = std::vector<std::string>;

namespace {

/// A gate that stays shut.
struct ShutGate : authz::CommitGate {
    bool may_commit() override { return false; }
};

authz::Request without_card(authz::Request request)
{
    request.card.reset();
    request.card_number = authz::CardNumber::absent;
    return request;
}

/// The journal, read as a batch reads it.
std::map<authz::Key, authz::Record> records_in(const std::string& url)
{
    pqxx::connection connection(url);
    pqxx::work work(connection);
    const std::string text = store::queries::load_records.text;
    std::map<authz::Key, authz::Record> records;
    for (const pqxx::row& row : work.exec_params(
             text, work.exec1("select array_agg(key) from journal where operation <> 'load'")[0].c_str(),
             "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")) {
        const authz::Record record = store::record_of(row);
        records.emplace(record.key, record);
    }
    return records;
}

} // namespace

TEST_CASE("a sale takes from the balance, once, and a repeat gets the stored answer")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale();

    const auto first = f.serve(sale);
    REQUIRE_MESSAGE(first.end == authz::BatchEnd::committed, first.why);
    CHECK(first.outcomes.at(0).answer.code == "00");
    CHECK(first.outcomes.at(0).undo_if_unanswered);
    CHECK(f.balance(account) == 900);

    const auto repeat = good::again(sale);
    const auto second = f.serve(repeat);
    REQUIRE_MESSAGE(second.end == authz::BatchEnd::committed, second.why);
    CHECK(second.outcomes.at(0).answer == first.outcomes.at(0).answer);
    CHECK(second.outcomes.at(0).undo_if_unanswered); // if it stays silent, the books must know
    CHECK(f.balance(account) == 900);
    CHECK(f.database.value("select count(*) from redelivery") == "1");
    CHECK(f.broken() == "");
}

TEST_CASE("a decline has a row of its own, by which a repeat is declined, too")
{
    LedgerFixture f;
    const auto account = f.open();
    auto expired = good::sale(1);
    expired.abandoned = true;
    CHECK(f.code(expired) == "91");
    expired.abandoned = false;
    CHECK(f.code(good::again(expired)) == "91");
    CHECK(f.balance(account) == 1000);
    CHECK(f.database.value("select reason from journal where operation = 'sale'") == "deadline_passed");
    CHECK(f.broken() == "");
}

TEST_CASE("cancel, refund and their reversals move the money, whatever lies between")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale(1);
    const auto cancel = good::cancel(2, sale);
    auto refund = good::refund(4, sale);
    refund.amount.minor = 30;
    CHECK(f.code(sale) == "00");
    CHECK(f.code(cancel) == "00");
    CHECK(f.balance(account) == 1'000);
    CHECK(f.code(good::reversal(3, cancel)) == "00"); // restores the sale
    CHECK(f.balance(account) == 900);
    CHECK(f.code(refund) == "00");
    CHECK(f.balance(account) == 930);
    CHECK(f.code(good::reversal(5, sale)) == "00");
    CHECK(f.balance(account) == 1'000); // 30 were given, 70 were still taken
    CHECK(f.code(good::reversal(6, refund)) == "00");
    CHECK(f.balance(account) == 1'000); // the sale stays reversed
    CHECK(f.broken() == "");
}

TEST_CASE("a reversal that overtakes its sale leaves a tombstone, also for another ledger and for ever")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale(1);
    CHECK(f.code(good::reversal(2, sale)) == "00");
    CHECK(f.code(sale) == "21");
    CHECK(f.code(good::again(sale)) == "21");

    store::PostgresLedger other(f.options());
    const auto repeat = good::again(good::again(sale));
    const auto result = f.serve(other, repeat);
    REQUIRE_MESSAGE(result.end == authz::BatchEnd::committed, result.why);
    CHECK(result.outcomes.at(0).answer.code == "21");
    CHECK(f.balance(account) == 1'000);
    CHECK(f.broken() == "");
}

TEST_CASE("a reversal without a card finds the account through its original")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale(1);
    CHECK(f.code(sale) == "00");
    CHECK(f.code(without_card(good::reversal(2, sale))) == "00");
    CHECK(f.balance(account) == 1'000);
    CHECK(f.code(without_card(good::reversal(3, good::sale(9)))) == "00"); // nobody has seen its sale
    CHECK(f.code(good::sale(9)) == "21");
    CHECK(f.broken() == "");
}

TEST_CASE("a batch sees what its earlier requests did")
{
    LedgerFixture f;
    const auto account = f.open(1, 150);
    const auto sale = good::sale(1);
    const auto cancel = good::cancel(3, sale);
    const Codes codes = f.codes({sale, good::again(sale), good::sale(2), cancel, good::reversal(4, cancel),
                                 good::reversal(5, sale), good::sale(6)});
    CHECK(codes == Codes{"00", "00", "51", "00", "00", "00", "00"});
    CHECK(f.balance(account) == 50);
    CHECK(f.broken() == "");
}

TEST_CASE("a record comes back from the database as it was written")
{
    LedgerFixture f;
    f.open();
    auto sale = good::sale(1);
    sale.key_fields.terminal = std::string("T\0\xff\"\\{},'", 9); // whatever bytes a peer may send
    sale.merchant = "M\xc3\xa4rkt \x80";
    sale.rrn = "";
    sale.delivery = 0xffff'ffff'ffff'fffeULL;
    CHECK(f.code(sale) == "00");
    auto repeat = sale;
    ++repeat.delivery;
    CHECK(f.code(repeat) == "00"); // key fields and content were compared and found equal
    auto inquiry = good::request(authz::Operation::inquiry, 7, "20");
    const auto first = f.serve(inquiry);
    inquiry = good::again(inquiry);
    const auto second = f.serve(inquiry);
    REQUIRE(second.outcomes.size() == 1);
    CHECK(first.outcomes.at(0).answer.balances == authz::Balances{900, 900});
    CHECK(second.outcomes.at(0).answer == first.outcomes.at(0).answer);
    CHECK(f.broken() == "");
}

TEST_CASE("how far reversals reach, what advices tell and what was approved comes back as it was decided")
{
    LedgerFixture f;
    f.open(1, 1'000);
    f.open(2, 30);
    auto policy = good::policy();
    policy->partial_approval_min_minor = 10;
    auto in_part = good::sale(20);
    in_part.card = good::card(2).token;
    in_part.takes_part = true;
    in_part.policy = policy;
    std::vector<authz::Request> requests = {in_part, good::advice(21, good::sale(22)), good::sale(1)};
    for (const auto scope :
         {authz::ReversalScope::message, authz::ReversalScope::transaction, authz::ReversalScope::unstated}) {
        auto full = good::reversal(100 + requests.size(), good::sale(1));
        full.scope = scope;
        requests.push_back(full);
        for (const auto mode :
             {authz::PartialReversal::Mode::replacement, authz::PartialReversal::Mode::reversed}) {
            auto part = good::reversal(100 + requests.size(), good::sale(1));
            part.scope = scope;
            part.part = authz::PartialReversal{mode, 40};
            requests.push_back(part);
        }
    }
    f.codes(requests);
    const auto records = records_in(f.database.url());
    for (const authz::Request& request : requests) {
        CAPTURE(request.key_fields.stan);
        REQUIRE(records.contains(request.key));
        const authz::Record& record = records.at(request.key);
        CHECK(record.operation == request.operation);
        CHECK(record.scope == request.scope);
        CHECK(record.part == request.part);
        CHECK(record.answer.approved_minor.has_value() == (request.key == in_part.key));
    }
    CHECK(records.at(in_part.key).answer.approved_minor == 30);
    CHECK(records.at(in_part.key).amount.minor == 100);

    const auto repeat = good::again(in_part);
    const auto again = f.serve(repeat);
    REQUIRE(again.outcomes.size() == 1);
    CHECK(again.outcomes.at(0).answer == records.at(in_part.key).answer);
    CHECK(again.outcomes.at(0).undo_if_unanswered);
    CHECK(f.database.value("select answer_approved_minor from redelivery") == "30");
    CHECK(f.broken() == "");
}

TEST_CASE("an advice finds the reversal that named it before it came, and so does all that follows")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale(1);
    const auto advice = good::advice(2, sale);
    CHECK(f.code(good::void_of(3, advice)) == "00");
    CHECK(f.code(advice) == "00");
    CHECK(f.balance(account) == 1'000);
    CHECK(f.code(good::reversal(4, sale)) == "00"); // loads the sale's group, and with it the advice's marks
    CHECK(f.balance(account) == 1'000);
    CHECK(f.code(sale) == "21");
    CHECK(f.broken() == "");
}

TEST_CASE("an advice charges once beside our own approval, and finds it whoever comes first")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale(1);
    CHECK(f.code(sale) == "00");
    CHECK(f.code(good::advice(2, sale)) == "00");
    CHECK(f.balance(account) == 900);
    CHECK(f.code(without_card(good::reversal(3, sale))) == "00"); // late: the advice stands
    CHECK(f.balance(account) == 900);
    CHECK(f.code(good::advice(5, good::sale(4))) == "00");
    CHECK(f.code(good::sale(4)) == "21");
    CHECK(f.balance(account) == 800);
    CHECK(f.code(without_card(good::void_of(6, good::sale(4)))) == "00");
    CHECK(f.balance(account) == 900);
    CHECK(f.broken() == "");
}

TEST_CASE("an advice for a card that nobody knows is owed all the same, and its void gives it back")
{
    LedgerFixture f;
    f.open();
    auto advice = good::advice(2, good::sale(1));
    advice.card = good::card(99).token;
    CHECK(f.code(advice) == "00");
    const std::string on_suspense = "select coalesce(-sum(e.amount_minor), 0) from entry e "
                                    "join account a using (account_id) where a.kind = 'suspense'";
    CHECK(f.database.value(on_suspense) == "100");
    CHECK(f.code(good::void_of(3, advice)) == "00");
    CHECK(f.database.value(on_suspense) == "0");
    CHECK(f.broken() == "");
}

TEST_CASE("an undo of our own sees who was answered")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto unanswered = good::sale(1);
    CHECK(f.code(unanswered) == "00");
    CHECK(f.codes({good::own_undo(11, unanswered)}).size() == 1);
    CHECK(f.balance(account) == 1'000);
    CHECK(f.code(good::again(unanswered)) == "21");

    const auto answered = good::sale(2);
    CHECK(f.code(answered) == "00");
    CHECK(f.code(good::again(answered)) == "00");
    CHECK(f.codes({good::own_undo(12, answered)}).size() == 1);
    CHECK(f.balance(account) == 900);
    CHECK(f.broken() == "");
}

TEST_CASE("a shut gate leaves nothing behind")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale();
    ShutGate shut;
    CHECK(f.serve(f.ledger, sale, shut).end == authz::BatchEnd::gate_closed);
    CHECK(f.balance(account) == 1'000);
    CHECK(f.database.value("select count(*) from journal where operation = 'sale'") == "0");
    CHECK(f.code(sale) == "00");
    CHECK(f.broken() == "");
}

TEST_CASE("money for a closed account goes to the suspense account of its currency")
{
    LedgerFixture f;
    const auto account = f.open();
    const auto sale = good::sale(1);
    CHECK(f.code(sale) == "00");
    f.database.run("update account set status = 'closed' where account_id = " + std::to_string(account));
    CHECK(f.code(good::reversal(2, sale)) == "00");
    CHECK(f.balance(account) == 900);
    CHECK(f.database.value("select sum(e.amount_minor) from entry e join account a using (account_id) "
                           "where a.kind = 'suspense'") == "100");
    CHECK(f.broken() == "");
}

TEST_CASE("a batch of many accounts and of keys from several months is served whole")
{
    LedgerFixture f;
    constexpr std::uint64_t cards = 20;
    for (std::uint64_t n = 1; n <= cards; ++n) f.open(n);
    std::vector<authz::Request> batch;
    for (std::uint64_t n = 0; n < 600; ++n) {
        auto sale = good::sale(1'000 + n);
        sale.card = good::card(1 + n % cards).token;
        sale.amount.minor = 1;
        const auto sent = f.now - std::chrono::seconds(n % 100);
        sale.transmitted_at = std::chrono::floor<std::chrono::seconds>(sent);
        sale.key = good::key_of(1'000 + n, sent);
        batch.push_back(sale);
    }
    auto old_sale = good::sale(5'000); // its reversal comes after half a year
    const auto then = f.now - std::chrono::days(180);
    old_sale.key = good::key_of(5'000, then);
    old_sale.transmitted_at = std::chrono::floor<std::chrono::seconds>(then);
    batch.push_back(good::reversal(5'001, old_sale));
    CHECK(f.codes(batch) == Codes(601, "00"));
    CHECK(f.database.value("select count(*) from journal where operation = 'sale'") == "600");
    CHECK(f.database.value("select distinct balance_minor from account where kind = 'customer'") == "970");
    CHECK(f.broken() == "");
}
