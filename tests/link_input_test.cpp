/// What a link does with bytes that are no good message.
#include "tests/support/link_probe.hpp"

#include <doctest/doctest.h>

using namespace wire;
using namespace std::chrono_literals;
using net::CloseReason;
using probe::Probe;

namespace {

Bytes malformed_sale()
{
    return frame(without(sale(), {41}));
}

} // namespace

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

TEST_CASE(
    "link: of many messages that are not served the first ones of a second are described, all are answered")
{
    Probe peer;
    constexpr std::size_t count = 30;
    for (std::size_t i = 0; i < count; ++i) peer.receive(as(sale(), "0302"));
    CHECK(peer.replies.size() == count);
    const auto described = [&] {
        return std::ranges::count_if(peer.details,
                                     [](const auto& detail) { return detail.find(" 42=") != detail.npos; });
    };
    CHECK(described() == 20);
    peer.at(1s);
    peer.receive(as(sale(), "0302"));
    CHECK(described() == 21);
}
