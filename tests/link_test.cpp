#include "tests/support/link_probe.hpp"

#include <doctest/doctest.h>

using namespace wire;
using net::CloseReason;
using probe::Probe;

namespace {

std::shared_ptr<net::LinkSettings> strict_settings()
{
    auto settings = link_settings();
    settings->needs_sign_on = true;
    return settings;
}

} // namespace

// --- sign-on

TEST_CASE("link: before a sign-on that is required, requests get no answer and reversals are taken")
{
    Probe p(strict_settings());
    p.receive(sale());
    CHECK(p.asked.empty());
    CHECK(p.replies.empty());
    CHECK(p.saw("request_while_signed_off"));
    p.receive(reversal(sale()));
    REQUIRE(p.asked.size() == 1);
    p.approve(0);
    CHECK(p.code(0) == "00");
    p.receive(management("001"));
    CHECK(p.reply(1).mti().text() == "0810");
    CHECK(p.code(1) == "00");
    p.receive(sale());
    CHECK(p.asked.size() == 2);
}

TEST_CASE("link: a stand-in advice is an order: taken while signed off and above the window, answered 0230")
{
    auto settings = strict_settings();
    settings->in_flight = 1;
    Probe p(settings);
    p.receive(as(sale("000001"), "0220"));
    p.receive(as(sale("000002"), "0220"));
    REQUIRE(p.asked.size() == 2);
    CHECK(p.asked.at(1).request.operation == authz::Operation::stand_in);
    p.approve(1);
    CHECK(p.reply(0).mti().text() == "0230");
    CHECK(p.code(0) == "00");
    p.link.not_taken(p.asked.at(0).slot);
    p.collect();
    CHECK(p.replies.size() == 1); // no room, no answer: it comes again
    CHECK(p.saw("request_not_taken"));
}

TEST_CASE("link: after a sign-off requests are ignored, echoes answered and reversals taken")
{
    Probe p;
    p.receive(management("002"));
    CHECK(p.code(0) == "00");
    p.receive(sale());
    p.receive(with(sale(), {{3, "380000"}}));
    CHECK(p.asked.empty());
    CHECK(p.replies.size() == 1);
    p.receive(management("301"));
    CHECK(p.replies.size() == 2);
    p.receive(reversal(sale()));
    CHECK(p.asked.size() == 1);
    p.receive(management("001"));
    p.receive(sale());
    CHECK(p.asked.size() == 2);
}

TEST_CASE("link: network management")
{
    struct Row {
        std::string name;
        codec::Message message;
        std::string code;
        std::string element;
    };
    const Row rows[] = {
        {"sign-on", management("001"), "00", ""},
        {"sign-off", management("002"), "00", ""},
        {"echo", management("301"), "00", ""},
        {"another echo", management("270"), "00", ""},
        {"key change", management("161"), "12", ""},
        {"as an advice", as(management("001"), "0820"), "00", ""},
        {"no function", without(management("001"), {70}), "30", "070"},
        {"no trace number", without(management("001"), {11}), "", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Probe p;
        p.receive(row.message);
        CHECK(p.replies.size() == (row.code.empty() ? 0 : 1));
        if (p.replies.empty()) continue;
        CHECK(p.code(0) == row.code);
        CHECK(p.reply(0).get(44) == row.element);
        CHECK(p.reply(0).get(7) == row.message.get(7));
        CHECK(p.reply(0).get(70) == (row.element.empty() ? row.message.get(70) : ""));
    }
}

// --- repeats in flight

TEST_CASE("link: a copy in flight is joined and each gets the one answer")
{
    Probe p;
    p.receive(sale());
    p.receive(as(with(sale(), {{59, "second"}}), "0201"));
    REQUIRE(p.asked.size() == 1);
    p.approve(0);
    REQUIRE(p.replies.size() == 2);
    CHECK(p.reply(0).get(38) == p.reply(1).get(38));
    CHECK_FALSE(p.reply(0).has(59));
    CHECK(p.reply(1).get(59) == "second"); // its own echo
    CHECK(p.reply(1).mti().text() == "0210");
    p.receive(sale()); // decided meanwhile: the ledger has the stored answer
    CHECK(p.asked.size() == 2);
}

TEST_CASE("link: the same key from another acquirer is no copy")
{
    Probe p;
    p.receive(sale());
    p.receive(with(sale(), {{32, "54321"}}));
    CHECK(p.asked.size() == 2);
    p.receive(without(sale(), {32})); // tells no acquirer: contradicts nobody
    CHECK(p.asked.size() == 2);
}

TEST_CASE("link: the same key with other content is the ledger's to judge")
{
    Probe p;
    p.receive(sale());
    p.receive(with(sale(), {{4, "000000000200"}}));
    CHECK(p.asked.size() == 2);
    p.receive(sale()); // still joins the first
    CHECK(p.asked.size() == 2);
    p.refuse(1);
    CHECK(p.replies.size() == 1);
    p.approve(0);
    CHECK(p.replies.size() == 3);
}

TEST_CASE("link: answers leave in any order")
{
    Probe p;
    p.receive(sale("000001"));
    p.receive(sale("000002"));
    p.approve(1);
    p.approve(0);
    CHECK(p.reply(0).get(11) == "000002");
    CHECK(p.reply(1).get(11) == "000001");
}

// --- window

TEST_CASE("link: above the window requests are met with silence, reversals taken")
{
    auto settings = link_settings();
    settings->in_flight = 2;
    Probe p(settings);
    p.receive(sale("000001"));
    p.receive(sale("000002"));
    p.receive(sale("000003"));
    CHECK(p.asked.size() == 2);
    CHECK(p.replies.empty()); // a decline without a row might not stay true
    CHECK(p.saw("request_not_taken"));
    p.receive(sale("000001")); // a copy would wait for the same answer
    CHECK(p.replies.empty());
    p.receive(reversal(sale("000005")));
    CHECK(p.asked.size() == 3);
    p.approve(0);
    p.approve(2);
    p.receive(sale("000006"));
    CHECK(p.asked.size() == 4);
}

TEST_CASE("link: orders pass above the window, but not without end")
{
    auto settings = link_settings();
    settings->in_flight = 2;
    Probe p(settings);
    for (int i = 1; i <= 8; ++i)
        p.receive(reversal(sale("00000" + std::to_string(i)), "00010" + std::to_string(i)));
    CHECK(p.asked.size() == 8);
    CHECK_FALSE(p.closed);
    p.receive(reversal(sale("000009"), "000109"));
    CHECK(p.asked.size() == 8);
    CHECK(p.closed == CloseReason::flooded);
}

TEST_CASE("link: what finds no room gets no answer, and may come again")
{
    for (const codec::Message& message : {sale(), reversal(sale())}) {
        CAPTURE(message.mti().text());
        Probe p;
        p.receive(message);
        p.link.not_taken(p.asked.at(0).slot);
        p.collect();
        CHECK(p.replies.empty());
        CHECK(p.saw("request_not_taken"));
        p.receive(message);
        REQUIRE(p.asked.size() == 2);
        p.approve(1);
        CHECK(p.code(0) == "00");
    }
}
