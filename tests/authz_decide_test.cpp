#include "tests/support/good.hpp"
#include "tests/support/memory_ledger.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>

using namespace authz;

namespace {

/// What stands in the books before the message of a row comes.
struct Given {
    Account account = good::account();
    Card card = good::card();
    std::vector<Request> before;
};

struct Row {
    std::string name; ///< with the row of DOMAIN 3.10
    std::function<void(Given&)> given;
    Request request;
    Reason reason;
    std::int64_t posted = 0; ///< by this message
    Anomaly anomaly = Anomaly::none;
};

const auto nothing = [](Given&) {};

template <class... Requests> auto after(Requests... requests)
{
    return [=](Given& given) { (given.before.push_back(requests), ...); };
}

Request with(Request request, const std::function<void(Request&)>& change)
{
    change(request);
    return request;
}

Request of_amount(Request request, std::int64_t minor)
{
    request.amount.minor = minor;
    return request;
}

Request of_other_card(Request request)
{
    request.card = good::id_of<CardToken>(2);
    return request;
}

Request other_content(Request request)
{
    request.content = good::id_of<ContentDigest>(999);
    return request;
}

Request unlinked_refund(std::uint64_t number)
{
    return good::request(Operation::refund, number, "20");
}

/// Serves everything one by one and checks what the last message did.
void check(const Row& row)
{
    CAPTURE(row.name);
    Given given;
    row.given(given);
    Books books;
    books.load(given.account);
    books.load(given.card);
    for (const Request& request : given.before) (void)books.serve(request, good::noon);
    const std::size_t records = books.new_records().size();
    const std::size_t postings = books.new_postings().size();

    const Outcome outcome = books.serve(row.request, good::noon);
    CHECK(name_of(outcome.answer.reason) == name_of(row.reason));
    std::int64_t posted = 0;
    for (std::size_t i = postings; i < books.new_postings().size(); ++i)
        posted += books.new_postings()[i].delta.minor;
    CHECK(posted == row.posted);
    const bool is_new = books.new_records().size() > records;
    const Anomaly anomaly =
        is_new ? books.new_records().back().anomaly : books.new_redeliveries().back().anomaly;
    CHECK(name_of(anomaly) == name_of(row.anomaly));
}

const Request sale = good::sale(1);
const Request cancel = good::cancel(2, sale);
const Request refund = good::refund(3, sale);
const Request reversal = good::reversal(4, sale);

} // namespace

TEST_CASE("decide: a first delivery (rows A)")
{
    const Row rows[] = {
        {"A1 sale", nothing, sale, Reason::approved, -100},
        {"A1 sale of the whole balance", nothing, of_amount(sale, 1000), Reason::approved, -1000},
        {"A1 sale on credit", [](Given& g) { g.account.credit_limit_minor = 500; }, of_amount(sale, 1500),
         Reason::approved, -1500},
        {"A2 one minor unit short", nothing, of_amount(sale, 1001), Reason::insufficient_funds},
        {"A4 unknown card", nothing, of_other_card(sale), Reason::unknown_card},
        {"A4 foreign card", nothing, with(sale, [](Request& r) { r.card_number = CardNumber::foreign_bin; }),
         Reason::foreign_card},
        {"A4 check digit", nothing, with(sale, [](Request& r) { r.card_number = CardNumber::fails_luhn; }),
         Reason::card_number_wrong},
        {"A5 blocked", [](Given& g) { g.card.status = CardStatus::blocked; }, sale, Reason::card_not_usable},
        {"A5 not assigned", [](Given& g) { g.card.status = CardStatus::unassigned; }, sale,
         Reason::card_not_usable},
        {"A5 account closed", [](Given& g) { g.account.status = AccountStatus::closed; }, sale,
         Reason::card_not_usable},
        {"A6 expired last month", [](Given& g) { g.card.expiry = 202610; }, sale, Reason::card_expired},
        {"A6 valid to the end of this month", [](Given& g) { g.card.expiry = 202611; }, sale,
         Reason::approved, -100},
        {"A6 stated expiry is another", nothing, with(sale, [](Request& r) { r.stated_expiry = 202711; }),
         Reason::card_expired},
        {"A6 stated expiry is the card's", nothing, with(sale, [](Request& r) { r.stated_expiry = 202812; }),
         Reason::approved, -100},
        {"A7 above the limit of one sale", [](Given& g) { g.account.sale_max_minor = 99; }, sale,
         Reason::amount_limit},
        {"A7 at the limit of one sale", [](Given& g) { g.account.sale_max_minor = 100; }, sale,
         Reason::approved, -100},
        {"A7 above the limit of the day",
         [](Given& g) {
             g.account.day_amount_max_minor = 199;
             g.before = {good::sale(9)};
         },
         sale, Reason::amount_limit},
        {"A7 a reversed sale does not count",
         [](Given& g) {
             g.account.day_amount_max_minor = 199;
             g.before = {good::sale(9), good::reversal(10, good::sale(9))};
         },
         sale, Reason::approved, -100},
        {"A7 yesterday does not count",
         [](Given& g) {
             g.account.day_amount_max_minor = 100;
             g.account.usage = {sale.business_date - std::chrono::days{1}, 100, 1};
         },
         sale, Reason::approved, -100},
        {"A7 number of sales of the day",
         [](Given& g) {
             g.account.day_count_max = 1;
             g.before = {good::sale(9)};
         },
         sale, Reason::count_limit},
        {"A8 currency", nothing, with(sale, [](Request& r) { r.amount.currency = 840; }),
         Reason::currency_not_served},
        {"A8 merchant", nothing,
         with(sale,
              [](Request& r) {
                  auto policy = good::policy();
                  policy->blocked_mccs = {"7995"};
                  r.policy = policy;
                  r.mcc = "7995";
              }),
         Reason::merchant_not_served},
        {"13 amount zero", nothing, of_amount(sale, 0), Reason::amount_invalid},
        {"A9 two minutes old", nothing,
         with(sale, [](Request& r) { r.transmitted_at -= std::chrono::seconds{120}; }), Reason::approved,
         -100},
        {"A9 older", nothing, with(sale, [](Request& r) { r.transmitted_at -= std::chrono::seconds{121}; }),
         Reason::stale},
        {"A10 refund without a sale", nothing, unlinked_refund(5), Reason::approved, 100},
        {"A10 to a blocked card", [](Given& g) { g.card.status = CardStatus::blocked; }, unlinked_refund(5),
         Reason::approved, 100},
        {"A10 to a closed card", [](Given& g) { g.card.status = CardStatus::closed; }, unlinked_refund(5),
         Reason::card_not_usable},
        {"A10 to an unknown card", nothing, of_other_card(unlinked_refund(5)), Reason::unknown_card},
        {"A11 refund of all", after(sale), refund, Reason::approved, 100},
        {"A11 refund of more than is left", after(sale, of_amount(good::refund(8, sale), 60)),
         of_amount(refund, 41), Reason::original_amount_differs},
        {"A11 refund of what is left", after(sale, of_amount(good::refund(8, sale), 60)),
         of_amount(refund, 40), Reason::approved, 40},
        {"A11 refund of a sale never seen", nothing, refund, Reason::original_not_found},
        {"A11 refund of a reversed sale", after(sale, reversal), refund, Reason::original_not_found},
        {"A12 inquiry", nothing, good::request(Operation::inquiry, 6, "10"), Reason::approved},
        {"A12 inquiry on a blocked card", [](Given& g) { g.card.status = CardStatus::blocked; },
         good::request(Operation::inquiry, 6, "10"), Reason::card_not_usable},
    };
    for (const Row& row : rows) check(row);
}

TEST_CASE("decide: the first violated rule names the reason")
{
    const auto poor_and_expired = [](Given& g) {
        g.card.expiry = 202001;
        g.account.balance_minor = 0;
    };
    check({"expired outranks funds", poor_and_expired, sale, Reason::card_expired});
    const auto blocked_and_expired = [](Given& g) {
        g.card.expiry = 202001;
        g.card.status = CardStatus::blocked;
    };
    check({"blocked outranks expired", blocked_and_expired, sale, Reason::card_not_usable});
    check({"its reversal outranks all", after(reversal), of_other_card(sale), Reason::duplicate_conflict, 0,
           Anomaly::content_differs});
}

TEST_CASE("decide: repeats (rows B)")
{
    const auto poor = [](Given& g) {
        g.account.balance_minor = 0;
        g.before = {sale, unlinked_refund(5)};
    };
    const Row rows[] = {
        {"B2 approved", after(sale), good::again(sale), Reason::approved},
        {"B3 declined, funds have come since", poor, good::again(sale), Reason::insufficient_funds},
        {"B4 other content", after(sale), other_content(good::again(sale)), Reason::duplicate_conflict, 0,
         Anomaly::content_differs},
        {"B4 other acquirer", after(sale), with(good::again(sale), [](Request& r) { r.acquirer = "54321"; }),
         Reason::duplicate_conflict, 0, Anomaly::content_differs},
        {"B4 digest collision of another transaction", after(sale),
         with(good::again(sale), [](Request& r) { r.key_fields.stan = "999999"; }),
         Reason::duplicate_conflict, 0, Anomaly::content_differs},
        {"B5 abandoned", after(with(sale, [](Request& r) { r.abandoned = true; })), good::again(sale),
         Reason::deadline_passed},
        {"B6 reversed", after(sale, reversal), good::again(sale), Reason::reversed},
        {"B7 cancelled", after(sale, cancel), good::again(sale), Reason::approved},
        {"B8 other transaction", after(sale), good::sale(7), Reason::approved, -100},
    };
    for (const Row& row : rows) check(row);
}

TEST_CASE("decide: fault reversals (rows C and D)")
{
    const Row rows[] = {
        {"C1 of a sale", after(sale), reversal, Reason::accepted, 100},
        {"C3 amount nobody knows", after(sale), of_amount(reversal, 77), Reason::accepted, 100,
         Anomaly::amount_differs},
        {"C4 other currency", after(sale), with(reversal, [](Request& r) { r.amount.currency = 840; }),
         Reason::accepted, 100, Anomaly::currency_differs},
        {"C5 other card", after(sale), of_other_card(reversal), Reason::accepted, 0, Anomaly::card_differs},
        {"C5 other acquirer", after(sale), with(reversal, [](Request& r) { r.original->acquirer = "54321"; }),
         Reason::accepted, 0, Anomaly::card_differs},
        {"K1a acquirer not given", after(sale),
         with(reversal, [](Request& r) { r.original->acquirer.clear(); }), Reason::accepted, 100},
        {"C1 without a card", after(sale),
         with(reversal,
              [](Request& r) {
                  r.card.reset();
                  r.card_number = CardNumber::absent;
              }),
         Reason::accepted, 100},
        {"C8 of a declined sale", after(of_amount(sale, 5000)), of_amount(reversal, 5000), Reason::accepted},
        {"C9 of an abandoned sale", after(with(sale, [](Request& r) { r.abandoned = true; })), reversal,
         Reason::accepted},
        {"C11 repeated", after(sale, reversal), good::again(reversal), Reason::accepted},
        {"C11 once more under a new key", after(sale, reversal), good::reversal(11, sale), Reason::accepted},
        {"C12 and another amount", after(sale, reversal), of_amount(good::reversal(11, sale), 77),
         Reason::accepted, 0, Anomaly::amount_differs},
        {"C13 of a cancelled sale", after(sale, cancel), reversal, Reason::accepted, 0,
         Anomaly::refunds_above_sale},
        {"C14 of a partly refunded sale", after(sale, of_amount(refund, 40)), reversal, Reason::accepted, 60,
         Anomaly::refunds_above_sale},
        {"C20 of a refund", after(unlinked_refund(5)), good::reversal(6, unlinked_refund(5)),
         Reason::accepted, -100},
        {"C21 of a refund that is spent", after(unlinked_refund(5), of_amount(good::sale(7), 1100)),
         good::reversal(6, unlinked_refund(5)), Reason::accepted, -100, Anomaly::balance_negative},
        {"C24 of a reversal", after(sale, reversal), good::reversal(12, reversal),
         Reason::original_is_a_reversal},
        {"D1 nothing there", nothing, reversal, Reason::accepted},
        {"D2 repeated", after(reversal), good::again(reversal), Reason::accepted},
        {"D3 the late sale", after(reversal), sale, Reason::reversed_before_arrival},
        {"D4 the late sale again", after(reversal, sale), good::again(sale), Reason::reversed_before_arrival},
        {"D6 the late sale, other amount", after(reversal), of_amount(sale, 99), Reason::duplicate_conflict,
         0, Anomaly::content_differs},
        {"D7 a cancel of the tombstone", after(reversal), cancel, Reason::original_not_found},
        {"D14 a refund behind its reversal", after(good::reversal(6, unlinked_refund(5))), unlinked_refund(5),
         Reason::reversed_before_arrival},
        {"a tombstone of another acquirer is another transaction",
         after(with(reversal, [](Request& r) { r.original->acquirer = "54321"; })), sale, Reason::approved,
         -100},
    };
    for (const Row& row : rows) check(row);
    // C15: the account is closed between the sale and its reversal.
    Books books;
    books.load(good::account());
    books.load(good::card());
    (void)books.serve(sale, good::noon);
    Account closed = *books.find_account(1001);
    closed.status = AccountStatus::closed;
    books.load(closed);
    CHECK(books.serve(reversal, good::noon).answer.reason == Reason::accepted);
    CHECK(books.new_records().back().anomaly == Anomaly::account_closed);
    CHECK(books.new_postings().back().on_suspense);
    CHECK(books.new_postings().back().delta.minor == 100);
    CHECK(books.find_account(1001)->balance_minor == 900);
}

TEST_CASE("decide: cancels and their reversals (rows E)")
{
    const Request reversal_of_cancel = good::reversal(6, cancel);
    const Request second_cancel = good::cancel(12, sale);
    const Row rows[] = {
        {"E1 cancel", after(sale), cancel, Reason::approved, 100},
        {"E2 amount differs", after(sale), of_amount(cancel, 99), Reason::original_amount_differs},
        {"E3 part, where allowed", after(sale),
         with(of_amount(cancel, 30),
              [](Request& r) {
                  auto policy = good::policy();
                  policy->partial_cancels = true;
                  r.policy = policy;
              }),
         Reason::approved, 30},
        {"E4 of nothing", nothing, cancel, Reason::original_not_found},
        {"E4 has no after-effect", after(cancel), sale, Reason::approved, -100},
        {"E6 of a reversed sale", after(sale, reversal), cancel, Reason::original_not_found},
        {"E7 of a declined sale", after(of_amount(sale, 5000)), cancel, Reason::original_not_found},
        {"E8 second cancel", after(sale, cancel), second_cancel, Reason::nothing_to_cancel},
        {"E9 same cancel again", after(sale, cancel), good::again(cancel), Reason::approved},
        {"E10 its reversal restores the sale", after(sale, cancel), reversal_of_cancel, Reason::accepted,
         -100},
        {"E11 and the money is spent", after(sale, cancel, of_amount(good::sale(7), 1000)),
         reversal_of_cancel, Reason::accepted, -100, Anomaly::balance_negative},
        {"E12 but not a reversed sale", after(sale, cancel, reversal), reversal_of_cancel, Reason::accepted},
        {"E13 in the other order", after(sale, cancel, reversal_of_cancel), reversal, Reason::accepted, 100},
        {"E14 of a refused cancel", after(sale, of_amount(cancel, 99)), of_amount(reversal_of_cancel, 99),
         Reason::accepted},
        {"E15 of a cancel not seen", after(sale), reversal_of_cancel, Reason::accepted},
        {"E16 the late cancel", after(sale, reversal_of_cancel), cancel, Reason::reversed_before_arrival},
        {"E17 again", after(sale, cancel, reversal_of_cancel), good::again(reversal_of_cancel),
         Reason::accepted},
        {"E18 a new cancel after it", after(sale, cancel, reversal_of_cancel), second_cancel,
         Reason::approved, 100},
        {"E19 of the cancel that was refused", after(sale, cancel, second_cancel),
         good::reversal(13, second_cancel), Reason::accepted},
        {"E24 amount differs", after(sale, cancel), of_amount(reversal_of_cancel, 77), Reason::accepted, -100,
         Anomaly::amount_differs},
        {"of a refund: the sale is restored", after(sale, refund), good::reversal(6, refund),
         Reason::accepted, -100},
        {"a cancel of a cancel", after(sale, cancel), good::cancel(12, cancel), Reason::original_not_a_sale},
        {"a cancel by another card", after(sale), of_other_card(cancel), Reason::original_not_found},
    };
    for (const Row& row : rows) check(row);
}

TEST_CASE("decide: E23, the reversal of the first of two partial cancels")
{
    auto policy = good::policy();
    policy->partial_cancels = true;
    const auto partial = [&](std::uint64_t number, std::int64_t minor) {
        return with(of_amount(good::cancel(number, sale), minor), [&](Request& r) { r.policy = policy; });
    };
    check({"E23", after(sale, partial(2, 30), partial(3, 20)), good::reversal(6, partial(2, 30)),
           Reason::accepted, -30});
}

TEST_CASE("decide: a reversal after the card moved to another account acts on the old one (E22)")
{
    Books books;
    books.load(good::account(1001));
    books.load(good::account(1002));
    books.load(good::card());
    (void)books.serve(sale, good::noon);
    (void)books.serve(cancel, good::noon);
    books.load(good::card(1, 1002));
    (void)books.serve(good::reversal(6, cancel), good::noon);
    CHECK(books.find_account(1001)->balance_minor == 900);
    CHECK(books.find_account(1002)->balance_minor == 1000);
}

TEST_CASE("decide: an approval has a code of six characters, the same in every repeat, another in every sale")
{
    Books books;
    books.load(good::account());
    books.load(good::card());
    const Answer first = books.serve(sale, good::noon).answer;
    const Answer other = books.serve(good::sale(7), good::noon).answer;
    CHECK(first.approval_code.size() == 6);
    CHECK(first.approval_code != other.approval_code);
    CHECK(books.serve(good::again(sale), good::noon).answer == first);
    CHECK(books.serve(of_amount(good::sale(8), 5000), good::noon).answer.approval_code.empty());
}

TEST_CASE("decide: an inquiry tells both balances and moves nothing")
{
    Books books;
    Account account = good::account();
    account.credit_limit_minor = 50;
    books.load(account);
    books.load(good::card());
    const Answer answer = books.serve(good::request(Operation::inquiry, 6, "10"), good::noon).answer;
    CHECK(answer.balances == Balances{1000, 1050});
    CHECK(books.new_postings().empty());
    CHECK(books.changed_accounts().empty());
}

TEST_CASE(
    "decide: a business date of the sender's choice neither escapes the limits of the day nor spoils them")
{
    Books books;
    Account account = good::account();
    account.day_amount_max_minor = 250;
    books.load(account);
    books.load(good::card());
    const auto dated = [](std::uint64_t number, int days) {
        return with(good::sale(number), [&](Request& r) { r.business_date += std::chrono::days{days}; });
    };
    CHECK(books.serve(dated(1, 0), good::noon).answer.reason == Reason::approved);
    CHECK(books.serve(dated(2, 30), good::noon).answer.reason == Reason::approved);
    CHECK(books.serve(dated(3, -1), good::noon).answer.reason == Reason::amount_limit);
    CHECK(books.serve(good::reversal(9, dated(2, 30)), good::noon).answer.reason == Reason::accepted);
    CHECK(books.find_account(1001)->usage == DayUsage{sale.business_date, 100, 1});
    CHECK(books.serve(dated(4, -1), good::noon).answer.reason == Reason::approved);
}

TEST_CASE("decide: what is available does not overflow")
{
    Account account = good::account();
    account.credit_limit_minor = std::numeric_limits<std::int64_t>::max();
    CHECK(account.available_minor() == std::numeric_limits<std::int64_t>::max());
}
