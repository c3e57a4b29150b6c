#include "tests/decision_table/messages.hpp"
#include "tests/decision_table/row.hpp"

#include <doctest/doctest.h>

using namespace authz;

namespace decision_table {

namespace {

const Request reversal_of_refund = good::reversal(20, unlinked_refund);

Request other_currency(Request request)
{
    request.amount.currency = 840;
    return request;
}

void is_booked_on(std::chrono::sys_days date, const Books& books)
{
    CHECK(books.new_postings().back().business_date == date);
}

} // namespace

std::vector<Row> rows_c()
{
    const Request part_approved = takes_part(sale);
    const Request yesterdays = with(sale, [](Request& r) { r.business_date -= std::chrono::days{1}; });
    const Request old_style = with(reversal, [](Request& r) { r.key_fields.mti_kind = "40"; });
    const Request undo = good::own_undo(50, sale);
    return {
        {"C1: amount equal", {{sale, "00", -100}, {reversal, "00", 100}}},
        {"C2: of a partial approval, DE4 is what was asked for",
         {Step(part_approved, "10", -60).tells(60), {reversal, "00", 60}, {good::again(part_approved), "21"}},
         balance(60)},
        {"C2: DE4 is what was approved",
         {Step(part_approved, "10", -60).tells(60), {of_amount(reversal, 60), "00", 60}},
         balance(60)},
        {"C3: DE4 equal to nothing known",
         {{sale, "00", -100}, {of_amount(reversal, 77), "00", 100, Anomaly::amount_differs}}},
        {"C4: currency differs",
         {{sale, "00", -100}, {other_currency(reversal), "00", 100, Anomaly::currency_differs}}},
        {"C5: key equal, card differs",
         {{sale, "00", -100}, {of_other_card(reversal), "00", 0, Anomaly::card_differs}}},
        {"C6: the sale is not decided yet", {{reversal, "00"}, {sale, "21"}}},
        {"C8: of a declined sale", {{sale, "51"}, {reversal, "00"}}, balance(99)},
        {"C9: of an abandoned sale", {{abandoned(sale), "91"}, {reversal, "00"}}},
        {"C9: of a sale that was undone", {{sale, "00", -100}, {undo, "", 100}, {reversal, "00"}}},
        {"C10: the undo comes after it", {{sale, "00", -100}, {reversal, "00", 100}, {undo, ""}}},
        {"C11: repeated", {{sale, "00", -100}, {reversal, "00", 100}, {good::again(reversal), "00"}}},
        {"C11: once more under a key of its own",
         {{sale, "00", -100}, {reversal, "00", 100}, {good::reversal(20, sale), "00"}}},
        {"C12: once more with another amount",
         {{sale, "00", -100},
          {reversal, "00", 100},
          {of_amount(good::reversal(20, sale), 77), "00", 0, Anomaly::amount_differs}}},
        {"C13: of a cancelled sale",
         {{sale, "00", -100}, {cancel, "00", 100}, {reversal, "00", 0, Anomaly::refunds_above_sale}}},
        {"C14: of a sale reduced by a partial reversal",
         {{sale, "00", -100}, {good::partial(20, sale, 60), "00", 40}, {reversal, "00", 60}}},
        {"C14: of a sale reduced by a refund",
         {{sale, "00", -100},
          {of_amount(refund, 40), "00", 40},
          {reversal, "00", 60, Anomaly::refunds_above_sale}}},
        {"C15: card blocked since",
         {{sale, "00", -100},
          Step([](Books& books) {
              Card card = good::card();
              card.status = CardStatus::blocked;
              books.load(card);
          }),
          {reversal, "00", 100}}},
        {"C15: account closed since: suspense",
         {{sale, "00", -100},
          account_changes([](Account& a) { a.status = AccountStatus::closed; }),
          Step(reversal, "00", 0, Anomaly::account_closed).moves_on_suspense(100)}},
        {"C18: after cut-over, on today's business date",
         {{yesterdays, "00", -100}, {reversal, "00", 100}},
         [](Given&) {},
         [](const Books& books) { is_booked_on(reversal.business_date, books); }},
        {"C19: however old the sale is",
         {{sale, "00", -100}, Step(reversal, "00", 100).at(good::noon + std::chrono::days{300})}},
        {"C20: of a refund", {{unlinked_refund, "00", 100}, {reversal_of_refund, "00", -100}}},
        {"C21: of a refund that is spent",
         {{unlinked_refund, "00", 100},
          {sale, "00", -100},
          {reversal_of_refund, "00", -100, Anomaly::balance_negative}},
         balance(0)},
        {"C22: an 0400 whose reason is timeout is a fault reversal",
         {{sale, "00", -100}, {old_style, "00", 100}, {good::again(sale), "21"}}},
        {"C22: it undoes the request only", {{sale, "00", -100}, {advice, "00"}, {old_style, "00"}}},
        {"C24: of a reversal",
         {{sale, "00", -100}, {reversal, "00", 100}, {good::reversal(20, reversal), "30"}}},
    };
}

std::vector<Row> rows_d()
{
    const Request of_advice = good::reversal(20, advice);
    const Request void_of_advice = good::void_of(20, advice);
    const Request part = good::partial(20, sale, 60);
    const Request part_of_advice = good::partial(20, advice, 60);
    const Request later = without_reason(sent(reversal, std::chrono::seconds{1}));
    const Request ten_days_old = sent(sale, -std::chrono::days{10});
    return {
        {"D1: nothing there", {{reversal, "00"}}},
        {"D2: repeated", {{reversal, "00"}, {good::again(reversal), "00"}}},
        {"D3: then the sale", {{reversal, "00"}, {sale, "21"}}},
        {"D4: then the sale and its repeat", {{reversal, "00"}, {sale, "21"}, {good::again(sale), "21"}}},
        {"D5: reversed for a fault, then the advice: it stands",
         {{reversal, "00"}, {advice, "00", -100}, {sale, "21"}}},
        {"D5: no reason given, transmitted before the advice",
         {{without_reason(reversal), "00"}, {advice, "00", -100, Anomaly::scope_unstated}}},
        {"D5a: voided without a fault reason, then the advice",
         {{void_of_sale, "00"}, {advice, "00"}, {sale, "21"}, {cancel, "25"}}},
        {"D5a: the reversal names the advice, then that comes",
         {{of_advice, "00"}, {advice, "00"}, {sale, "21"}, {cancel, "25"}}},
        {"D5a: the same with our approval in between",
         {{of_advice, "00"}, {sale, "00", -100}, {advice, "00", 100}, {good::again(sale), "21"}}},
        {"D5a: void of the advice, our approval, an advice of a refusal",
         {{void_of_advice, "00"},
          {sale, "00", -100},
          {with(advice, [](Request& r) { r.network_declined = true; }), "00", 100}}},
        {"D5a: no reason given, transmitted after the advice",
         {{later, "00"}, {advice, "00", 0, Anomaly::scope_unstated}}},
        {"D6: amount differs from the reversal's",
         {{reversal, "00"}, {of_amount(sale, 99), "94", 0, Anomaly::content_differs}}},
        {"D6: card differs from the reversal's",
         {{reversal, "00"}, {of_other_card(sale), "94", 0, Anomaly::content_differs}}},
        {"D7: then a cancel", {{reversal, "00"}, {cancel, "25"}}},
        {"D8: the tombstone is purged, the sale is stale", {{ten_days_old, "21"}}},
        {"D8: an advice and a reversal never are",
         {{sent(advice, -std::chrono::days{10}), "00", -100},
          {sent(good::void_of(20, advice), -std::chrono::days{10}), "00", 100}}},
        {"D11: a partial reversal, nothing there", {{part, "00"}}},
        {"D12: then the sale", {{part, "00"}, {sale, "21"}}},
        {"D12: the same when DE4 tells the part", {{of_amount(part, 60), "00"}, {sale, "21"}}},
        {"D13: then the advice", {{part, "00"}, {advice, "00", -60}}},
        {"D13: the part names the advice", {{part_of_advice, "00"}, {advice, "00", -60}}},
        {"D13: in mode reversed", {{giving_back(20, 30), "00"}, {advice, "00", -70}}},
        {"D14: of a refund, then the refund", {{reversal_of_refund, "00"}, {unlinked_refund, "21"}}},
    };
}

} // namespace decision_table
