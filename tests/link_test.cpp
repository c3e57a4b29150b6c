#include "tests/support/link_probe.hpp"

#include <doctest/doctest.h>

using namespace wire;
using namespace std::chrono_literals;
using net::CloseReason;
using probe::Probe;
using probe::start;

namespace {

std::shared_ptr<net::LinkSettings> strict_settings()
{
    auto settings = link_settings();
    settings->needs_sign_on = true;
    return settings;
}

Bytes malformed_sale()
{
    return frame(without(sale(), {41}));
}

} // namespace

// --- sign-on
// -------------------------------------------------------------------------------------------------------

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
// ---------------------------------------------------------------------------------------------

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
// --------------------------------------------------------------------------------------------------------

TEST_CASE("link: above the window requests are declined, repeats ignored, reversals taken")
{
    auto settings = link_settings();
    settings->in_flight = 2;
    Probe p(settings);
    p.receive(sale("000001"));
    p.receive(sale("000002"));
    p.receive(sale("000003"));
    CHECK(p.asked.size() == 2);
    CHECK(p.code(0) == "91");
    p.receive(
        as(sale("000004"), "0201")); // its first delivery may have been approved: a decline could be a lie
    CHECK(p.replies.size() == 1);
    p.receive(sale("000001")); // a copy would wait for the same answer
    CHECK(p.replies.size() == 1);
    p.receive(reversal(sale("000005")));
    CHECK(p.asked.size() == 3);
    p.approve(0);
    p.approve(2);
    p.receive(sale("000006"));
    CHECK(p.asked.size() == 4);
}

// --- deadlines
// -----------------------------------------------------------------------------------------------------

TEST_CASE("link: deadlines count from the first byte of the frame")
{
    Probe p;
    const auto bytes = frame(sale());
    p.at(1'000ms);
    p.receive(Bytes(bytes.begin(), bytes.begin() + 1));
    CHECK(p.deadline == start + 1'000ms + 10s); // the frame's own
    p.at(3'000ms);
    p.receive(Bytes(bytes.begin() + 1, bytes.end()));
    REQUIRE(p.asked.size() == 1);
    CHECK(p.asked[0].deadlines.decide == start + 1'000ms + 3'800ms);
    CHECK(p.asked[0].deadlines.cutoff == start + 1'000ms + 4'500ms);
    CHECK(p.deadline == p.asked[0].deadlines.decide);
}

TEST_CASE("link: a frame behind another one begins when its bytes came")
{
    Probe p;
    const auto one = frame(sale("000001"));
    const auto two = frame(sale("000002"));
    p.receive(Bytes(one.begin(), one.begin() + 10));
    p.at(500ms);
    p.receive(Bytes(one.begin() + 10, one.end()) + Bytes(two.begin(), two.begin() + 1));
    p.at(900ms);
    p.receive(Bytes(two.begin() + 1, two.end()));
    CHECK(p.asked.at(0).deadlines.decide == start + 3'800ms);
    CHECK(p.asked.at(1).deadlines.decide == start + 500ms + 3'800ms);
}

TEST_CASE("link: at the decide deadline a request expires, at the cut-off it is given up")
{
    Probe p;
    p.receive(sale());
    p.at(3'799ms);
    p.tick();
    CHECK(p.expired.empty());
    p.at(3'800ms);
    p.tick();
    CHECK(p.expired == std::vector{p.asked[0].slot});
    CHECK(p.deadline == start + 4'500ms); // not won: it is committing
    p.at(4'500ms);
    p.tick();
    CHECK(p.given_up == std::vector{p.asked[0].slot});
    p.link.gave_up(p.asked[0].slot);
    p.collect();
    CHECK(p.replies.empty());
    CHECK(p.link.in_flight() == 0);
    p.approve(0); // too late: nobody is there
    CHECK(p.replies.empty());
}

TEST_CASE("link: an expired request is declined with every copy of it")
{
    Probe p;
    p.receive(sale());
    p.receive(as(sale(), "0201"));
    p.at(3'800ms);
    p.tick();
    p.link.declined(p.asked[0].slot);
    p.collect();
    REQUIRE(p.replies.size() == 2);
    CHECK(p.code(0) == "91");
    CHECK(p.code(1) == "91");
    CHECK_FALSE(p.replies[0].cutoff); // a decline may leave whenever
    p.at(4'500ms);
    p.tick();
    CHECK(p.given_up.empty());
}

TEST_CASE("link: an expired repeat is silent, because its first delivery may have been approved")
{
    Probe p;
    p.receive(as(sale(), "0201"));
    p.link.declined(p.asked.at(0).slot);
    p.collect();
    CHECK(p.replies.empty());
    CHECK(p.link.in_flight() == 0);
}

TEST_CASE("link: a reversal does not expire; at its cut-off it falls silent")
{
    Probe p;
    p.receive(reversal(sale()));
    p.at(3'800ms);
    p.tick();
    CHECK(p.expired.empty());
    p.at(4'500ms);
    p.tick();
    CHECK(p.given_up.size() == 1);
}

TEST_CASE("link: an approval carries its cut-off, and none is made after it")
{
    Probe p;
    p.receive(sale("000001"));
    p.receive(sale("000002"));
    p.receive(sale("000003"));
    p.receive(reversal(sale("000004")));
    p.at(4'499ms);
    p.approve(0);
    CHECK(p.replies.at(0).cutoff == start + 4'500ms);
    p.at(4'500ms);
    p.approve(1);
    CHECK(p.replies.size() == 1);
    CHECK(p.saw("approval_too_late"));
    p.refuse(2); // the truth, whenever it comes
    CHECK(p.code(1) == "51");
    p.approve(3); // an order that was carried out: also
    CHECK(p.code(2) == "00");
    CHECK_FALSE(p.replies.at(2).cutoff);
}

TEST_CASE("link: a request that failed is answered with a malfunction")
{
    Probe p;
    p.receive(sale());
    p.link.failed(p.asked.at(0).slot);
    p.collect();
    CHECK(p.code(0) == "96");
}

TEST_CASE("link: an unfinished frame is closed ten seconds after its first byte, whatever trickles in")
{
    Probe p;
    const auto bytes = frame(sale());
    p.receive(Bytes(bytes.begin(), bytes.begin() + 1));
    p.at(9'000ms);
    p.receive(Bytes(bytes.begin() + 1, bytes.begin() + 2));
    p.at(9'999ms);
    p.tick();
    CHECK_FALSE(p.closed);
    p.at(10'000ms);
    p.tick();
    CHECK(p.closed == CloseReason::frame_timeout);
}

TEST_CASE("link: silence is closed after the idle timeout, counted from the last whole frame")
{
    Probe p;
    p.collect();
    CHECK(p.deadline == start + 180s);
    p.at(100s);
    p.receive(frame(Bytes{})); // a keep-alive counts
    CHECK(p.deadline == start + 280s);
    p.at(279'999ms);
    p.tick();
    CHECK_FALSE(p.closed);
    p.at(280s);
    p.tick();
    CHECK(p.closed == CloseReason::idle);
}

// --- bad input
// -----------------------------------------------------------------------------------------------------

TEST_CASE("link: format errors are answered with the element; too many in a minute close")
{
    auto settings = link_settings();
    settings->format_errors_max = 2;
    Probe p(settings);
    for (int i = 0; i < 2; ++i) p.receive(malformed_sale());
    CHECK(p.replies.size() == 2);
    CHECK(p.code(0) == "30");
    CHECK(p.reply(0).get(44) == "041");
    CHECK(p.reply(0).get(11) == "000001");
    CHECK_FALSE(p.closed);
    p.at(60s); // the first two are forgotten
    for (int i = 0; i < 2; ++i) p.receive(malformed_sale());
    CHECK_FALSE(p.closed);
    p.at(61s);
    p.receive(malformed_sale());
    CHECK(p.replies.size() == 5);
    CHECK(p.closed == CloseReason::format_errors);
}

TEST_CASE("link: what is no message closes")
{
    struct Row {
        std::string name;
        Bytes bytes;
    };
    const Row rows[] = {
        {"letters", frame(Bytes{'h', 'e', 'l', 'l', 'o'})},
        {"one byte", frame(Bytes{'0'})},
        {"a length above the limit", {0xFF, 0xFF}},
        {"text as a length", {'G', 'E', 'T', ' '}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Probe p;
        p.receive(row.bytes);
        CHECK(p.closed == CloseReason::garbage);
        CHECK(p.replies.empty());
    }
}

TEST_CASE("link: without a trace number there is no answer, and it counts")
{
    auto settings = link_settings();
    settings->format_errors_max = 0;
    Probe p(settings);
    p.receive(without(sale(), {11}));
    CHECK(p.replies.empty());
    CHECK(p.closed == CloseReason::format_errors);
}

TEST_CASE("link: keep-alives are ignored until there are too many in a row")
{
    Probe p;
    for (int i = 0; i < 10; ++i) p.receive(frame(Bytes{}));
    p.receive(management("301"));
    for (int i = 0; i < 10; ++i) p.receive(frame(Bytes{}));
    CHECK_FALSE(p.closed);
    p.receive(frame(Bytes{}));
    CHECK(p.closed == CloseReason::empty_frames);
}

TEST_CASE("link: what is in flight is answered before too many mistakes close, and nothing more is read")
{
    auto settings = link_settings();
    settings->format_errors_max = 0;
    settings->empty_frames_max = 0;
    struct Row {
        std::string name;
        Bytes mistake;
        CloseReason reason;
    };
    const Row rows[] = {
        {"format errors", malformed_sale(), CloseReason::format_errors},
        {"empty frames", frame(Bytes{}), CloseReason::empty_frames},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Probe p(settings);
        p.receive(sale("000001"));
        p.receive(sale("000002"));
        p.receive(row.mistake + frame(sale("000003")));
        const auto replies_before = p.replies.size();
        p.receive(Bytes{0xFF, 0xFF, 0xFF}); // not even looked at
        p.receive(reversal(sale("000001")));
        CHECK(p.asked.size() == 2);
        CHECK_FALSE(p.closed);
        p.approve(0);
        REQUIRE(p.replies.size() == replies_before + 1);
        CHECK(p.code(replies_before) == "00");
        CHECK_FALSE(p.closed);
        p.at(settings->answer_cutoff); // a bound for the other one
        p.tick();
        REQUIRE(p.given_up.size() == 1);
        p.link.gave_up(p.given_up[0]);
        p.collect();
        CHECK(p.closed == row.reason);
    }
}

TEST_CASE("link: what comes while the link finishes is wiped as well")
{
    auto settings = link_settings();
    settings->empty_frames_max = 0;
    Probe p(settings);
    p.receive(sale());
    p.receive(frame(Bytes{}));
    const std::uint8_t* memory = p.link.space().data();
    const auto bytes = frame(with(sale("000002"), {{35, pan + "=28121010000000000000"}}));
    p.receive(bytes);
    const std::string left(reinterpret_cast<const char*>(memory), bytes.size());
    CHECK(left.find(pan) == std::string::npos);
}

TEST_CASE("link: nobody answers an answer")
{
    for (const char* mti : {"0210", "0410", "0430", "0810", "0110", "0610"}) {
        CAPTURE(std::string(mti));
        Probe p;
        p.receive(as(with(sale(), {{39, "00"}}), mti));
        CHECK(p.replies.empty());
        CHECK(p.asked.empty());
        CHECK(p.saw("answer_nobody_waits_for"));
        CHECK_FALSE(p.closed);
    }
}

TEST_CASE("link: a reason in DE39 does not make a reversal an answer")
{
    Probe p;
    p.receive(with(reversal(sale()), {{39, "91"}}));
    CHECK(p.asked.size() == 1);
}

TEST_CASE(
    "link: a message cut at any byte is a format error, an answerless one, or no message; never a request")
{
    const auto whole = message_bytes(sale());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        Probe p;
        p.receive(frame(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
        CHECK(p.asked.empty());
        const bool is_read = p.closed == CloseReason::garbage || p.saw("format_error") || size == 0;
        CHECK(is_read);
        if (!p.replies.empty()) CHECK(p.code(0) == "30");
    }
}

TEST_CASE("link: what is read of track and PIN data is wiped from the connection's memory")
{
    Probe p;
    const auto before = p.link.space();
    const std::uint8_t* memory = before.data();
    const auto bytes = frame(with(sale(), {{35, pan + "=28121010000000000000"}}));
    p.receive(bytes);
    const std::string left(reinterpret_cast<const char*>(memory), bytes.size());
    CHECK(left.find("=2812") == std::string::npos);
    CHECK(left.find(pan) == std::string::npos);
}

// --- the end
// -------------------------------------------------------------------------------------------------------

TEST_CASE("link: a peer that ends its side is answered first, then closed")
{
    Probe p;
    p.receive(sale());
    p.link.peer_ended();
    p.collect();
    CHECK_FALSE(p.closed);
    p.approve(0);
    CHECK(p.replies.size() == 1);
    CHECK(p.closed == CloseReason::peer_gone);
}

TEST_CASE("link: a peer that ends in the middle of a frame is closed, and waits for nothing")
{
    Probe p;
    const auto bytes = frame(sale());
    p.receive(Bytes(bytes.begin(), bytes.begin() + 20));
    p.link.peer_ended();
    p.collect();
    CHECK(p.closed == CloseReason::peer_gone);
    CHECK(p.asked.empty());
}

TEST_CASE("link: a drain finishes what is in flight, takes reversals and declines requests")
{
    Probe p;
    p.receive(sale("000001"));
    p.link.drain();
    p.collect();
    p.receive(sale("000002"));
    CHECK(p.code(0) == "91");
    p.receive(reversal(sale("000003")));
    REQUIRE(p.asked.size() == 2);
    p.approve(0);
    CHECK_FALSE(p.closed);
    p.approve(1);
    CHECK(p.closed == CloseReason::drained);
    CHECK(p.replies.size() == 3);
}

TEST_CASE("link: a drain with nothing in flight closes at once")
{
    Probe p;
    p.link.drain();
    p.collect();
    CHECK(p.closed == CloseReason::drained);
}

TEST_CASE("link: after the end nothing more is done")
{
    Probe p;
    p.receive(sale("000001"));
    p.receive(frame(Bytes{'?'}) + frame(sale("000002")));
    CHECK(p.closed == CloseReason::garbage);
    CHECK(p.asked.size() == 1);
    p.at(24h);
    p.tick();
    CHECK(p.expired.empty());
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

TEST_CASE("link: a repeat without its digit is known by its key, and not declined unseen either")
{
    auto settings = link_settings();
    settings->in_flight = 1;
    Probe p(settings);
    p.receive(sale("000001"));
    p.approve(0);
    p.receive(sale("000002"));
    p.refuse(1);
    p.receive(sale("000003")); // fills the window
    p.receive(sale("000001")); // approved: silence
    CHECK(p.replies.size() == 2);
    p.receive(sale("000002")); // refused: a decline is the truth
    REQUIRE(p.replies.size() == 3);
    CHECK(p.code(2) == "91");
    Probe other_connection(settings);
    other_connection.receive(sale("000004"));
    other_connection.receive(sale("000001"));
    CHECK(other_connection.replies.empty());
}

TEST_CASE("link: the memory of keys has an end")
{
    net::RecentKeys keys(2);
    for (std::uint64_t i = 1; i <= 3; ++i) keys.add(good::key_of(i));
    CHECK_FALSE(keys.contains(good::key_of(1)));
    CHECK(keys.contains(good::key_of(2)));
    keys.add(good::key_of(3));
    keys.remove(good::key_of(3));
    CHECK(keys.contains(good::key_of(3))); // it was there twice
    keys.remove(good::key_of(3));
    CHECK_FALSE(keys.contains(good::key_of(3)));
    keys.remove(good::key_of(3)); // never mind
}

TEST_CASE("link: a repeat of what was declined and not written is met with silence, its reversal is taken")
{
    Probe p;
    p.receive(sale("000001"));
    p.link.declined(p.asked.at(0).slot);
    p.collect();
    CHECK(p.code(0) == "91");
    p.settings->unwritten_declines->add(p.asked.at(0).request.key);
    p.receive(sale("000001"));
    p.receive(as(sale("000001"), "0201"));
    CHECK(p.asked.size() == 1);
    CHECK(p.replies.size() == 1);
    CHECK(p.saw("repeat_of_unwritten_decline"));
    p.receive(sale("000002"));
    p.receive(reversal(sale("000001")));
    CHECK(p.asked.size() == 3);
}

TEST_CASE("link: an order that finds no room gets no answer, and may come again")
{
    Probe p;
    p.receive(reversal(sale()));
    p.link.not_taken(p.asked.at(0).slot);
    p.collect();
    CHECK(p.replies.empty());
    CHECK(p.saw("order_not_taken"));
    p.receive(reversal(sale()));
    REQUIRE(p.asked.size() == 2);
    p.approve(1);
    CHECK(p.code(0) == "00");
}
