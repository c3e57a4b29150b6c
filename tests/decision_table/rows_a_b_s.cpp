#include "tests/decision_table/messages.hpp"
#include "tests/decision_table/row.hpp"

#include <doctest/doctest.h>

using namespace authz;

namespace decision_table {

namespace {

const auto blocked = [](Given& g) { g.card.status = CardStatus::blocked; };

Request told_as_declined(Request request)
{
    request.network_declined = true;
    return request;
}

} // namespace

std::vector<Row> rows_a()
{
    const Request asks_part = takes_part(sale);
    const Request wrong_currency = with(sale, [](Request& r) { r.amount.currency = 840; });
    const Request blocked_merchant = with(sale, [](Request& r) {
        auto policy = good::policy();
        policy->blocked_mccs = {"7995"};
        r.policy = policy;
        r.mcc = "7995";
    });
    const Request inquiry = good::request(Operation::inquiry, 9, "10");
    return {
        {"A1: card active, funds, limits", {{sale, "00", -100}}},
        {"A2: funds short, no partial support", {{takes_part(sale), "51"}}, balance(49)},
        {"A2: funds short, the link approves no parts",
         {{with(sale, [](Request& r) { r.takes_part = true; }), "51"}},
         balance(60)},
        {"A2: funds short, the terminal takes no part",
         {{with(asks_part, [](Request& r) { r.takes_part = false; }), "51"}},
         balance(60)},
        {"A3: funds short, partial supported: approved in part, and so is the repeat",
         {Step(asks_part, "10", -60).tells(60), Step(good::again(asks_part), "10").tells(60)},
         balance(60)},
        {"A3: as little as the link approves", {Step(asks_part, "10", -50).tells(50)}, balance(50)},
        {"A3: what is approved counts towards the limits",
         {Step(asks_part, "10", -60).tells(60), {unlinked_refund, "00", 100}, {other_sale, "61"}},
         [](Given& g) {
             g.account.balance_minor = 60;
             g.account.day_amount_max_minor = 159;
         }},
        {"A3: and a cancel gives back that",
         {Step(asks_part, "10", -60).tells(60),
          {cancel, "64"},
          {of_amount(good::cancel(20, sale), 60), "00", 60}},
         balance(60)},
        {"A4: card unknown", {{of_other_card(sale), "14"}}},
        {"A4: foreign BIN",
         {{with(sale, [](Request& r) { r.card_number = CardNumber::foreign_bin; }), "15"}}},
        {"A5: blocked", {{sale, "62"}}, blocked},
        {"A5: unassigned", {{sale, "62"}}, [](Given& g) { g.card.status = CardStatus::unassigned; }},
        {"A6: expired", {{sale, "54"}}, [](Given& g) { g.card.expiry = 202610; }},
        {"A7: amount limit", {{sale, "61"}}, [](Given& g) { g.account.sale_max_minor = 99; }},
        {"A7: count limit",
         {{sale, "00", -100}, {other_sale, "65"}},
         [](Given& g) { g.account.day_count_max = 1; }},
        {"A8: currency not served", {{wrong_currency, "12"}}},
        {"A8: MCC not served", {{blocked_merchant, "57"}}},
        {"A9: older than the staleness limit", {{sent(sale, std::chrono::seconds{-121}), "21"}}},
        {"A9: as old as the limit", {{sent(sale, std::chrono::seconds{-120}), "00", -100}}},
        {"A9: switched off",
         {{with(sent(sale, std::chrono::hours{-999}),
                [](Request& r) {
                    auto policy = good::policy();
                    policy->staleness_limit.reset();
                    r.policy = policy;
                }),
           "00", -100}}},
        {"A10: unlinked refund, blocked is fine", {{unlinked_refund, "00", 100}}, blocked},
        {"A10: card closed", {{unlinked_refund, "62"}}, [](Given& g) { g.card.status = CardStatus::closed; }},
        {"A11: linked refunds up to the sale",
         {{sale, "00", -100},
          {of_amount(refund, 60), "00", 60},
          {of_amount(good::refund(20, sale), 41), "64"},
          {of_amount(good::refund(21, sale), 40), "00", 40}}},
        {"A12: inquiry", {{inquiry, "00"}}},
        {"A13: advice, any balance", {{advice, "00", -100}}},
        {"A13: advice, card blocked and nothing there",
         {{advice, "00", -100, Anomaly::balance_negative}},
         [](Given& g) {
             g.card.status = CardStatus::blocked;
             g.account.balance_minor = 0;
         }},
        {"A13: advice of a sale above all limits, long ago",
         {{sent(advice, std::chrono::hours{-99}), "00", -100}},
         [](Given& g) { g.account.sale_max_minor = 1; }},
        {"A14: advice of a refusal moves nothing", {{told_as_declined(advice), "00"}, {sale, "21"}}},
        {"A15: advice, card unknown: booked on suspense",
         {Step(of_other_card(advice), "00", 0, Anomaly::account_unknown).moves_on_suspense(-100)}},
        {"A15: and from there it is given back, also when the card has come meanwhile",
         {Step(of_other_card(advice), "00", 0, Anomaly::account_unknown).moves_on_suspense(-100),
          Step([](Books& books) { books.load(good::card(2)); }),
          Step(of_other_card(void_of_sale), "00", 0, Anomaly::account_unknown).moves_on_suspense(100)}},
        {"A15: advice in a currency that the account does not have",
         {Step(with(advice, [](Request& r) { r.amount.currency = 840; }), "00", 0, Anomaly::currency_differs)
              .moves_on_suspense(-100)}},
    };
}

std::vector<Row> rows_b()
{
    const auto differs = [](const std::function<void(Request&)>& change) {
        return std::vector<Step>{{sale, "00", -100},
                                 {with(other_content(sale), change), "94", 0, Anomaly::content_differs}};
    };
    return {
        {"B2: a repeat of what was approved", {{sale, "00", -100}, {good::again(sale), "00"}}},
        {"B3: a repeat of what was refused, funds have arrived since",
         {{sale, "51"}, {unlinked_refund, "00", 100}, {good::again(sale), "51"}},
         balance(0)},
        {"B4: other amount", differs([](Request& r) { r.amount.minor = 99; })},
        {"B4: other card", differs([](Request& r) { r.card = good::id_of<CardToken>(2); })},
        {"B4: other processing code", differs([](Request& r) { r.processing_code = "010000"; })},
        {"B4: other merchant", differs([](Request& r) { r.merchant = "SHOP00000000002"; })},
        {"B5: abandoned, 91 was given", {{abandoned(sale), "91"}, {good::again(sale), "91"}}},
        {"B5: undone, nothing was given",
         {{sale, "00", -100}, {good::own_undo(50, sale), "", 100}, {good::again(sale), "21"}}},
        {"B6: a repeat of what was reversed",
         {{sale, "00", -100}, {reversal, "00", 100}, {good::again(sale), "21"}}},
        {"B7: a late copy of what was cancelled",
         {{sale, "00", -100}, {cancel, "00", 100}, {good::again(sale), "00"}}},
        {"B8: the same STAN on another day",
         {{sale, "00", -100},
          {with(sale,
                [](Request& r) {
                    r.transmitted_at += std::chrono::days{1};
                    r.key = good::key_of(1, good::noon + std::chrono::days{1});
                }),
           "00", -100}}},
        {"B9: other STAN, same card, shop and amount", {{sale, "00", -100}, {other_sale, "00", -100}}},
    };
}

std::vector<Row> rows_s()
{
    const Request cheaper = of_amount(advice, 70);
    const Request dearer = of_amount(advice, 130);
    const Request of_advice = good::reversal(20, advice);
    const Request later = without_reason(sent(reversal, std::chrono::seconds{1}));
    const Request not_later = without_reason(reversal);
    const Request undo = good::own_undo(50, sale);
    return {
        {"S1: advice first, the request gets 21", {{advice, "00", -100}, {sale, "21"}, {cancel, "00", 100}}},
        {"S1: a cancel of the request that never came finds its advice",
         {{advice, "00", -100}, {cancel, "00", 100}, {good::cancel(20, sale), "21"}}},
        {"S2: declined for card state, the network overruled",
         {{sale, "62"},
          {advice, "00", -100, Anomaly::request_was_refused},
          {good::again(sale), "62"},
          {cancel, "00", 100}},
         blocked},
        {"S2: declined for funds: the debt is graver",
         {{sale, "51"}, {advice, "00", -100, Anomaly::balance_negative}},
         balance(99)},
        {"S2: abandoned, the network did not get our answer",
         {{abandoned(sale), "91"}, {advice, "00", -100}}},
        {"S3: our approval came too late: no second charge",
         {{sale, "00", -100}, {advice, "00"}, {good::again(sale), "00"}}},
        {"S4: reversed for a fault, then approved by the network",
         {{sale, "00", -100}, {reversal, "00", 100}, {advice, "00", -100}, {good::again(sale), "21"}}},
        {"S5: other amount", {{sale, "00", -100}, {cheaper, "00", 30, Anomaly::amount_differs}}},
        {"S5: a higher one", {{sale, "00", -100}, {dearer, "00", -30, Anomaly::amount_differs}}},
        {"S6: the undo runs before the advice", {{sale, "00", -100}, {undo, "", 100}, {advice, "00", -100}}},
        {"S6: the undo is still to come", {{sale, "00", -100}, {advice, "00"}, {undo, ""}}},
        {"S7: late fault reversal of the request", {{sale, "00", -100}, {advice, "00"}, {reversal, "00"}}},
        {"S7: of a request that never came", {{advice, "00", -100}, {reversal, "00"}, {sale, "21"}}},
        {"S8: reversal without fault reason",
         {{sale, "00", -100}, {advice, "00"}, {void_of_sale, "00", 100}, {good::again(sale), "21"}}},
        {"S8: reversal that names the advice, for whatever reason",
         {{sale, "00", -100}, {advice, "00"}, {of_advice, "00", 100}, {good::again(sale), "21"}}},
        {"S8: no reason given, transmitted after the advice",
         {{sale, "00", -100}, {advice, "00"}, {later, "00", 100, Anomaly::scope_unstated}}},
        {"S8: no reason given, transmitted before it: the request only",
         {{sale, "00", -100}, {advice, "00"}, {not_later, "00", 0, Anomaly::scope_unstated}}},
        {"S9: advice repeated", {{advice, "00", -100}, {good::again(advice), "00"}}},
    };
}

} // namespace decision_table
