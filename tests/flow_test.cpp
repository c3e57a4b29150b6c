#include "tests/support/flow.hpp"

#include <doctest/doctest.h>

using namespace wire;

namespace {

constexpr std::int64_t opening = 1'000;

MemoryLedger fresh_ledger()
{
    MemoryLedger ledger;
    ledger.open_account(good::account(1001, opening));
    auto card = good::card();
    card.token = token_of(pan);
    ledger.issue_card(card);
    return ledger;
}

std::int64_t balance_of(const MemoryLedger& ledger)
{
    return ledger.books().find_account(1001)->balance_minor;
}

/// Profile B's messages, made of a sale of profile A.
codec::Message sale_b(const std::string& stan)
{
    return as(sale(stan), "0100");
}

} // namespace

TEST_CASE("flow: a sale takes money and its answer repeats it byte for byte")
{
    auto ledger = fresh_ledger();
    Flow flow(link_settings(), ledger);
    const auto answer = flow.ask(sale());
    CHECK(answer.mti().text() == "0210");
    CHECK(answer.get(39) == "00");
    CHECK(answer.get(38).size() == 6);
    for (const int de : {2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49}) CHECK(answer.get(de) == sale().get(de));
    CHECK(balance_of(ledger) == opening - 100);
}

TEST_CASE("flow: a repeat is given the same bytes and takes nothing")
{
    auto ledger = fresh_ledger();
    Flow flow(link_settings(), ledger);
    const auto first = flow.send(frame(sale()));
    const auto again = flow.send(frame(as(sale(), "0201")));
    CHECK(first == again);
    CHECK(balance_of(ledger) == opening - 100);
}

TEST_CASE("flow: the same key with another amount is a conflict")
{
    auto ledger = fresh_ledger();
    Flow flow(link_settings(), ledger);
    (void)flow.ask(sale());
    CHECK(flow.code_of(with(sale(), {{4, "000000000200"}})) == "94");
    CHECK(balance_of(ledger) == opening - 100);
}

TEST_CASE("flow: profile A reverses a sale, before or after it")
{
    auto ledger = fresh_ledger();
    Flow flow(link_settings(), ledger);
    (void)flow.ask(sale("000001"));
    const auto answer = flow.ask(reversal(sale("000001"), "000002"));
    CHECK(answer.mti().text() == "0430");
    CHECK(answer.get(39) == "00");
    CHECK(answer.get(90) == de90_of(sale("000001")));
    CHECK(balance_of(ledger) == opening);
    CHECK(flow.code_of(reversal(sale("000003"), "000004")) == "00");
    CHECK(flow.code_of(sale("000003")) == "21");
    CHECK(flow.code_of(as(sale("000003"), "0201")) == "21");
    CHECK(balance_of(ledger) == opening);
}

TEST_CASE("flow: profile A books what the network approved in our place, once, and takes back a part")
{
    auto ledger = fresh_ledger();
    Flow flow(link_settings(), ledger);
    CHECK(flow.code_of(sale()) == "00");
    const auto advice = with(as(sale(), "0220"), {{39, "00"}});
    const auto answer = flow.ask(advice);
    CHECK(answer.mti().text() == "0230");
    CHECK(answer.get(39) == "00");
    CHECK_FALSE(answer.has(38));
    CHECK(balance_of(ledger) == opening - 100);
    CHECK(flow.code_of(reversal(sale())) == "00"); // late: it undoes the request, the advice stands
    CHECK(flow.code_of(as(advice, "0221")) == "00");
    CHECK(balance_of(ledger) == opening - 100);
    const auto voided = with(reversal(sale(), "000902"), {{39, "17"}});
    CHECK(flow.code_of(with(voided, {{95, "000000000040" + std::string(30, '0')}})) == "00");
    CHECK(balance_of(ledger) == opening - 40);
    CHECK(flow.code_of(voided) == "00");
    CHECK(balance_of(ledger) == opening);
}

TEST_CASE("flow: profile A cancels, refunds and answers inquiries")
{
    auto ledger = fresh_ledger();
    Flow flow(link_settings(), ledger);
    (void)flow.ask(sale("000001"));
    const auto cancel = with(as(sale("000002"), "0400"), {{90, de90_of(sale("000001"))}});
    CHECK(flow.code_of(cancel) == "00");
    CHECK(balance_of(ledger) == opening);
    CHECK(flow.code_of(reversal(cancel, "000003")) == "00"); // the sale is restored
    CHECK(balance_of(ledger) == opening - 100);
    const auto refund =
        with(sale("000004"), {{3, "200000"}, {4, "000000000060"}, {90, de90_of(sale("000001"))}});
    CHECK(flow.code_of(refund) == "00");
    CHECK(balance_of(ledger) == opening - 40);
    const auto inquiry = flow.ask(with(sale("000005"), {{3, "310000"}, {4, "000000000000"}}));
    CHECK(inquiry.get(39) == "00");
    CHECK(inquiry.get(54) == "0001392C0000000009600002392C000000000960");
}

TEST_CASE("flow: profile B reverses a sale with the same message as 0120, and a cancel as 0420")
{
    auto ledger = fresh_ledger();
    Flow flow(link_settings("japanese-house"), ledger);
    CHECK(flow.code_of(sale_b("000001")) == "00");
    const auto cancel = as(sale_b("000001"), "0400");
    CHECK(flow.code_of(cancel) == "00");
    CHECK(balance_of(ledger) == opening);
    const auto answer = flow.ask(as(cancel, "0420"));
    CHECK(answer.mti().text() == "0430");
    CHECK(answer.get(39) == "00");
    CHECK(balance_of(ledger) == opening - 100); // the trap: read as profile A this would have paid out
    CHECK(flow.code_of(as(sale_b("000001"), "0120")) == "00");
    CHECK(balance_of(ledger) == opening);
    CHECK(flow.code_of(sale_b("000001")) == "21");
}

TEST_CASE("flow: the packed dialect carries the same conversation")
{
    auto ledger = fresh_ledger();
    Flow flow(link_settings("japanese-house", "iso87-bcd"), ledger);
    CHECK(flow.code_of(sale_b("000001")) == "00");
    CHECK(flow.code_of(as(sale_b("000001"), "0120")) == "00");
    CHECK(balance_of(ledger) == opening);
}

TEST_CASE("flow: what cannot be read is refused with its element, and the connection lives")
{
    auto ledger = fresh_ledger();
    Flow flow(link_settings(), ledger);
    auto bytes = message_bytes(sale("000001"));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    bytes[text.find("000000000100")] = 'x'; // in DE4
    const auto replies = flow.send(frame(bytes));
    REQUIRE(replies.size() == 1);
    const auto answer = unframe(replies[0]);
    CHECK(answer.mti().text() == "0210");
    CHECK(answer.get(39) == "30");
    CHECK(answer.get(44) == "004");
    CHECK_FALSE(answer.has(2));
    CHECK(flow.code_of(sale("000002")) == "00");
    CHECK(balance_of(ledger) == opening - 100);
}

TEST_CASE("flow: requests that nobody serves are answered without touching the books")
{
    struct Row {
        std::string name;
        codec::Message message;
        std::string code;
        std::string element;
    };
    const Row rows[] = {
        {"file action", as(sale(), "0300"), "40", ""},
        {"administrative", as(sale(), "0600"), "40", ""},
        {"hold", as(sale(), "0100"), "40", ""},
        {"advice of a hold", as(sale(), "0120"), "40", ""},
        {"completion", with(as(sale(), "0220"), {{90, de90_of(as(sale(), "0100"))}}), "40", ""},
        {"mini statement", with(sale(), {{3, "380000"}}), "40", ""},
        {"PIN", with(sale(), {{52, std::string(8, 'p')}}), "12", ""},
        {"no terminal", without(sale(), {41}), "30", "041"},
        {"impossible date", with(sale(), {{7, "0230120000"}}), "30", "007"},
        {"another version", as(sale(), "1200"), "30", "000"},
        {"reversal of a reversal", with(reversal(sale()), {{90, de90_of(reversal(sale()))}}), "30", ""},
        {"unreadable part",
         with(without(reversal(sale()), {39}), {{95, "00000000004x" + std::string(30, '0')}}), "30", "095"},
        {"part of a cancel",
         with(as(sale(), "0400"),
              {{90, de90_of(sale("000009"))}, {95, "000000000040" + std::string(30, '0')}}),
         "40", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        auto ledger = fresh_ledger();
        Flow flow(link_settings(), ledger);
        const auto answer = flow.ask(row.message);
        CHECK(answer.get(39) == row.code);
        CHECK(answer.get(44) == row.element);
        CHECK(ledger.books().new_records().empty());
    }
}

TEST_CASE("flow: the same bytes in any pieces get the same answers, in any order")
{
    const auto bytes = frame(sale("000001")) + frame(management("301")) + frame(reversal(sale("000001"))) +
                       frame(Bytes{}) + frame(sale("000002"));
    std::vector<Bytes> whole;
    {
        auto ledger = fresh_ledger();
        Flow flow(link_settings(), ledger);
        whole = flow.send(bytes);
        std::ranges::sort(whole); // an echo overtakes a sale that came with it
        REQUIRE(whole.size() == 4);
    }
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        auto ledger = fresh_ledger();
        Flow flow(link_settings(), ledger);
        auto replies = flow.send(std::span(bytes).first(cut));
        for (auto& more : flow.send(std::span(bytes).subspan(cut))) replies.push_back(more);
        std::ranges::sort(replies);
        REQUIRE(replies == whole);
        REQUIRE(balance_of(ledger) == opening - 100);
    }
}
