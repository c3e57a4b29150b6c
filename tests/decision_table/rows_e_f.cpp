#include "tests/decision_table/messages.hpp"
#include "tests/decision_table/row.hpp"

#include <doctest/doctest.h>

using namespace authz;

namespace decision_table {

namespace {

const Request reversal_of_cancel = good::reversal(20, cancel);
const Request second_cancel = good::cancel(21, sale);

Request partial_cancel(std::uint64_t number, std::int64_t minor)
{
    return on_link_with_partial_cancels(of_amount(good::cancel(number, sale), minor));
}

/// The card belongs to another customer's account from now on.
Step card_moves()
{
    return Step([](Books& books) {
        books.load(good::account(1002));
        books.load(good::card(1, 1002));
    });
}

Request for_a_fault(Request request)
{
    request.scope = ReversalScope::message;
    return request;
}

} // namespace

std::vector<Row> rows_e()
{
    const Request yesterdays = with(sale, [](Request& r) { r.business_date -= std::chrono::days{1}; });
    const Request elsewhere = with(cancel, [](Request& r) { r.key_fields.terminal = "T0000002"; });
    const Request too_much = of_amount(cancel, 101);
    return {
        {"E1: amount equal", {{sale, "00", -100}, {cancel, "00", 100}}},
        {"E2: amount differs, partial cancels not allowed",
         {{sale, "00", -100}, {of_amount(cancel, 99), "64"}}},
        {"E3: of a part, allowed", {{sale, "00", -100}, {partial_cancel(2, 30), "00", 30}}},
        {"E3: of more than is open",
         {{sale, "00", -100}, {partial_cancel(2, 30), "00", 30}, {partial_cancel(22, 71), "64"}}},
        {"E4: nothing there, and it leaves nothing", {{cancel, "25"}, {sale, "00", -100}}},
        {"E6: of a reversed sale", {{sale, "00", -100}, {reversal, "00", 100}, {cancel, "25"}}},
        {"E7: of a declined sale", {{sale, "51"}, {cancel, "25"}}, balance(99)},
        {"E7: of an abandoned sale", {{abandoned(sale), "91"}, {cancel, "25"}}},
        {"E8: second cancel, new key", {{sale, "00", -100}, {cancel, "00", 100}, {second_cancel, "21"}}},
        {"E9: same cancel again", {{sale, "00", -100}, {cancel, "00", 100}, {good::again(cancel), "00"}}},
        {"E10: reversal of the cancel: the sale is restored",
         {{sale, "00", -100}, {cancel, "00", 100}, {reversal_of_cancel, "00", -100}}},
        {"E11: the money is spent since, the card blocked",
         {{sale, "00", -100},
          {cancel, "00", 100},
          {other_sale, "00", -100},
          Step([](Books& books) {
              Card card = good::card();
              card.status = CardStatus::blocked;
              books.load(card);
          }),
          {reversal_of_cancel, "00", -100, Anomaly::balance_negative}},
         balance(100)},
        {"E12: cancelled and reversed: not restored",
         {{sale, "00", -100},
          {cancel, "00", 100},
          {reversal, "00", 0, Anomaly::refunds_above_sale},
          {reversal_of_cancel, "00"}}},
        {"E13: the other order",
         {{sale, "00", -100}, {cancel, "00", 100}, {reversal_of_cancel, "00", -100}, {reversal, "00", 100}}},
        {"E14: of a cancel that was refused",
         {{sale, "00", -100}, {too_much, "64"}, {of_amount(reversal_of_cancel, 101), "00"}}},
        {"E15: of a cancel not seen", {{sale, "00", -100}, {reversal_of_cancel, "00"}}},
        {"E16: then the cancel", {{sale, "00", -100}, {reversal_of_cancel, "00"}, {cancel, "21"}}},
        {"E17: again",
         {{sale, "00", -100},
          {cancel, "00", 100},
          {reversal_of_cancel, "00", -100},
          {good::again(reversal_of_cancel), "00"},
          {good::reversal(22, cancel), "00"}}},
        {"E18: restored, then a new cancel",
         {{sale, "00", -100},
          {cancel, "00", 100},
          {reversal_of_cancel, "00", -100},
          {second_cancel, "00", 100}}},
        {"E19: of the cancel that was refused, not of the one that was not",
         {{sale, "00", -100},
          {cancel, "00", 100},
          {second_cancel, "21"},
          {good::reversal(22, second_cancel), "00"}}},
        {"E20: of a cancel that is not decided yet",
         {{sale, "00", -100}, {reversal_of_cancel, "00"}, {cancel, "21"}, {good::again(cancel), "21"}}},
        {"E21: after the shop's day ended: today",
         {{yesterdays, "00", -100}, {cancel, "00", 100}},
         [](Given&) {},
         [](const Books& books) {
             CHECK(books.new_postings().back().business_date == cancel.business_date);
         }},
        {"E22: the card is another customer's since",
         {{sale, "00", -100}, {cancel, "00", 100}, card_moves(), {reversal_of_cancel, "00", -100}},
         [](Given&) {},
         [](const Books& books) { CHECK(books.find_account(1002)->balance_minor == 1000); }},
        {"E22: the account is closed since",
         {{sale, "00", -100},
          {cancel, "00", 100},
          account_changes([](Account& a) { a.status = AccountStatus::closed; }),
          Step(reversal_of_cancel, "00", 0, Anomaly::account_closed).moves_on_suspense(-100)}},
        {"E23: two partial cancels, the first is reversed",
         {{sale, "00", -100},
          {partial_cancel(22, 30), "00", 30},
          {partial_cancel(23, 20), "00", 20},
          {good::reversal(24, partial_cancel(22, 30)), "00", -30},
          {partial_cancel(25, 81), "64"},
          {partial_cancel(26, 80), "00", 80}}},
        {"E24: DE4 differs",
         {{sale, "00", -100},
          {cancel, "00", 100},
          {of_amount(reversal_of_cancel, 77), "00", -100, Anomaly::amount_differs}}},
        {"E25: from another terminal", {{sale, "00", -100}, {elsewhere, "00", 100}}},
    };
}

std::vector<Row> rows_f()
{
    const auto final = [](std::uint64_t number, std::int64_t minor) {
        return good::partial(number, sale, minor);
    };
    return {
        {"F1: mode replacement, final amount below", {{sale, "00", -100}, {final(20, 60), "00", 40}}},
        {"F1: and what is open is what is left",
         {{sale, "00", -100},
          {final(20, 60), "00", 40},
          {cancel, "64"},
          {of_amount(second_cancel, 60), "00", 60}}},
        {"F2: mode reversed, a part is given back", {{sale, "00", -100}, {giving_back(20, 30), "00", 30}}},
        {"F2: several parts add up, the same one told twice is one",
         {{sale, "00", -100},
          {giving_back(20, 30), "00", 30},
          {giving_back(21, 50), "00", 50},
          {giving_back(22, 30), "00", 0, Anomaly::part_without_effect},
          {giving_back(23, 90), "00", 20}}},
        {"F3: zero is left: reversed",
         {{sale, "00", -100}, {final(20, 0), "00", 100}, {good::again(sale), "21"}, {cancel, "25"}}},
        {"F4: the full amount, and the reason is timeout",
         {{sale, "00", -100}, {for_a_fault(final(20, 100)), "00", 100, Anomaly::part_contradicts_reason}}},
        {"F4: a part, and the reason is timeout",
         {{sale, "00", -100},
          {for_a_fault(giving_back(20, 30)), "00", 100, Anomaly::part_contradicts_reason}}},
        {"F4: zeros, and the reason is timeout, is no contradiction",
         {{sale, "00", -100}, {for_a_fault(final(20, 0)), "00", 100}}},
        {"F4: nor is all of it, where DE95 is what is reversed",
         {{sale, "00", -100}, {for_a_fault(giving_back(20, 100)), "00", 100}}},
        {"F5: the full amount, no fault reason",
         {{sale, "00", -100}, {final(20, 100), "00", 0, Anomaly::part_without_effect}}},
        {"F6: more than the sale",
         {{sale, "00", -100}, {final(20, 101), "00", 0, Anomaly::part_without_effect}}},
        {"F7: a second part below the first",
         {{sale, "00", -100}, {final(20, 60), "00", 40}, {final(21, 25), "00", 35}}},
        {"F8: a second part not below the first",
         {{sale, "00", -100},
          {final(20, 60), "00", 40},
          {final(21, 60), "00", 0, Anomaly::part_without_effect},
          {final(22, 80), "00", 0, Anomaly::part_without_effect}}},
        {"F9: then all of it", {{sale, "00", -100}, {final(20, 60), "00", 40}, {void_of_sale, "00", 60}}},
        {"F10: a part comes late", {{sale, "00", -100}, {reversal, "00", 100}, {final(20, 60), "00"}}},
        {"F12: of a cancelled sale",
         {{sale, "00", -100}, {cancel, "00", 100}, {final(20, 60), "00", 0, Anomaly::refunds_above_sale}}},
    };
}

} // namespace decision_table
