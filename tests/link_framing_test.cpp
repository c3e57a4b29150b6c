/// One row per framing and per header: the bytes of a request in, the bytes of its answer out.
#include "tests/support/link_probe.hpp"

#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

using namespace wire;
using codec::HeaderKind;
using golden::bytes_of_hex;
using net::CloseReason;
using probe::Probe;

namespace {

std::shared_ptr<net::LinkSettings> settings_with(std::string_view framing,
                                                 HeaderKind header = HeaderKind::none)
{
    auto settings = link_settings();
    settings->envelope.framing.rule = codec::find_frame_rule(framing);
    REQUIRE(settings->envelope.framing.rule != nullptr);
    settings->envelope.header = header;
    return settings;
}

Bytes framed(const codec::Framing& framing, const Bytes& message)
{
    Bytes out;
    codec::append_frame(framing, message, out);
    return out;
}

Bytes text(std::string_view characters)
{
    return Bytes(characters.begin(), characters.end());
}

/// What a link without a header answers, out of its frame.
Bytes answer_to(const codec::Message& request)
{
    Probe p;
    p.receive(request);
    if (!p.asked.empty()) p.approve(0);
    REQUIRE(p.replies.size() == 1);
    return Bytes(p.replies[0].frame.begin() + 2, p.replies[0].frame.end());
}

/// "0182" and the like: total lengths inside headers.
Bytes digits(std::size_t number)
{
    const std::string text_of_number = std::to_string(number);
    return text(std::string(4 - text_of_number.size(), '0') + text_of_number);
}
Bytes two_bytes(std::size_t number)
{
    return {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

struct Headers {
    HeaderKind kind;
    Bytes request;
    Bytes answer;
};

/// Around messages of these sizes.
std::vector<Headers> headers_for(std::size_t asked, std::size_t answered)
{
    const Bytes visa_rest = bytes_of_hex("A1 0102 030405 06 070809 0A");
    const Bytes cups_rest = text("0037123456789"
                                 "00000");
    return {
        {HeaderKind::none, {}, {}},
        {HeaderKind::tpdu, bytes_of_hex("60 1234 5678"), bytes_of_hex("60 5678 1234")},
        {HeaderKind::visa,
         bytes_of_hex("16 01 02") + two_bytes(22 + asked) + bytes_of_hex("111111 222222") + visa_rest,
         bytes_of_hex("16 01 02") + two_bytes(22 + answered) + bytes_of_hex("222222 111111") + visa_rest},
        {HeaderKind::cups, Bytes{0x2E, 1} + digits(46 + asked) + text("1111111111122222222222") + cups_rest,
         Bytes{0x2E, 1} + digits(46 + answered) + text("2222222222211111111111") + cups_rest},
        {HeaderKind::base24, text("ISO026000040"), text("ISO026000045")},
        {HeaderKind::atm, text("A4M0500012"), text("A4M0500012")},
    };
}

} // namespace

TEST_CASE("link: under every framing a request is taken and its answer framed alike")
{
    const Bytes request = message_bytes(sale());
    const Bytes answer = answer_to(sale());
    for (const codec::FrameRule& rule : codec::frame_rules()) {
        CAPTURE(rule.name);
        Probe p(settings_with(rule.name));
        const codec::Framing framing = p.settings->envelope.framing;
        p.receive(framed(framing, request));
        REQUIRE(p.asked.size() == 1);
        p.approve(0);
        REQUIRE(p.replies.size() == 1);
        CHECK(p.replies[0].frame == framed(framing, answer));
        CHECK_FALSE(p.closed);
    }
}

TEST_CASE("link: the answer's header is made from the request's")
{
    const Bytes request = message_bytes(sale());
    const Bytes answer = answer_to(sale());
    for (const Headers& row : headers_for(request.size(), answer.size())) {
        CAPTURE(codec::header_names()[static_cast<std::size_t>(row.kind)]);
        Probe p(settings_with("ascii4", row.kind));
        const Bytes asked = digits(row.request.size() + request.size()) + row.request + request;
        for (const std::uint8_t byte : asked) p.receive(Bytes{byte});
        REQUIRE(p.asked.size() == 1);
        p.approve(0);
        REQUIRE(p.replies.size() == 1);
        CHECK(p.replies[0].frame == digits(row.answer.size() + answer.size()) + row.answer + answer);
    }
}

TEST_CASE("link: management and format errors are answered behind their header, too")
{
    const Bytes echo = message_bytes(management("301"));
    const Bytes answer = answer_to(management("301"));
    for (const Headers& row : headers_for(echo.size(), answer.size())) {
        CAPTURE(codec::header_names()[static_cast<std::size_t>(row.kind)]);
        Probe p(settings_with("be16", row.kind));
        p.receive(frame(row.request + echo));
        REQUIRE(p.replies.size() == 1);
        CHECK(p.replies[0].frame == frame(row.answer + answer));
    }

    Probe p(settings_with("be16", HeaderKind::base24));
    p.receive(frame(text("ISO026000040") + message_bytes(without(sale(), {41}))));
    Bytes undecodable = message_bytes(sale());
    undecodable.back() = 'x'; // DE49
    p.receive(frame(text("ISO026000040") + undecodable));
    REQUIRE(p.replies.size() == 2);
    const auto header_of = [](const net::Link::Reply& reply) {
        return Bytes(reply.frame.begin() + 2, reply.frame.begin() + 14);
    };
    CHECK(header_of(p.replies[0]) == text("ISO026004145"));
    CHECK(header_of(p.replies[1]) == text("ISO026004945"));
}

TEST_CASE("link: each copy in flight is answered behind its own header")
{
    Probe p(settings_with("be16", HeaderKind::tpdu));
    const Bytes request = message_bytes(sale());
    p.receive(frame(bytes_of_hex("60 0001 00A1") + request));
    p.receive(frame(bytes_of_hex("60 0001 00A2") + request));
    REQUIRE(p.asked.size() == 1);
    p.approve(0);
    REQUIRE(p.replies.size() == 2);
    const Bytes answer = answer_to(sale());
    CHECK(p.replies[0].frame == frame(bytes_of_hex("60 00A1 0001") + answer));
    CHECK(p.replies[1].frame == frame(bytes_of_hex("60 00A2 0001") + answer));
}

TEST_CASE("link: our own message that comes back is noted and dropped")
{
    const Bytes request = message_bytes(sale());
    const struct {
        HeaderKind kind;
        Bytes header;
    } rows[] = {
        {HeaderKind::visa, bytes_of_hex("1A 01 02") + two_bytes(26 + request.size()) +
                               bytes_of_hex("111111 222222 00 0000 000000 00 000000 00 8000 0511")},
        {HeaderKind::cups, Bytes{0x2E, 1} + digits(46 + request.size()) +
                               text("1111111111122222222222"
                                    "0037123456789"
                                    "00511")},
        {HeaderKind::base24, text("ISO026004110")},
    };
    for (const auto& row : rows) {
        CAPTURE(codec::header_names()[static_cast<std::size_t>(row.kind)]);
        Probe p(settings_with("be16", row.kind));
        p.receive(frame(row.header + request));
        CHECK(p.asked.empty());
        CHECK(p.replies.empty());
        CHECK_FALSE(p.closed);
        CHECK(p.events == std::vector<std::string>{"message_returned"});
    }
}

TEST_CASE("link: what has no header of the link's kind closes")
{
    for (const HeaderKind kind : {HeaderKind::tpdu, HeaderKind::visa, HeaderKind::cups, HeaderKind::base24}) {
        CAPTURE(codec::header_names()[static_cast<std::size_t>(kind)]);
        Probe p(settings_with("be16", kind));
        p.receive(sale());
        CHECK(p.asked.empty());
        CHECK(p.closed == CloseReason::garbage);
        CHECK(p.events == std::vector<std::string>{"header_impossible"});
    }
}

TEST_CASE("link: a lie about a frame closes with one line")
{
    const struct {
        const char* framing;
        const char* stream;
        const char* event;
    } rows[] = {
        {"ascii4", "2D303031", "frame_length_impossible"},
        {"be16-inclusive", "0001", "frame_length_impossible"},
        {"be32", "FFFFFFFF", "frame_length_impossible"},
        {"rbp", "D04B", "frame_broken"},
        {"stx-etx-lrc", "02 30 03 00", "frame_broken"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.framing);
        Probe p(settings_with(row.framing));
        p.receive(bytes_of_hex(row.stream));
        CHECK(p.closed == CloseReason::garbage);
        p.receive(framed(p.settings->envelope.framing, message_bytes(sale())));
        CHECK(p.asked.empty());
        CHECK(p.events == std::vector<std::string>{row.event});
    }
}

TEST_CASE("link: a keep-alive is echoed as it came, when the link says so")
{
    for (const codec::FrameRule& rule : codec::frame_rules()) {
        CAPTURE(rule.name);
        for (const auto keep_alive : {net::KeepAlive::ignore, net::KeepAlive::echo}) {
            auto settings = settings_with(rule.name, HeaderKind::tpdu);
            settings->envelope.keep_alive = keep_alive;
            Probe p(settings);
            const Bytes empty = framed(settings->envelope.framing, {});
            for (int i = 0; i < 10; ++i) p.receive(empty);
            CHECK_FALSE(p.closed);
            REQUIRE(p.replies.size() == (keep_alive == net::KeepAlive::echo ? 10 : 0));
            for (const auto& reply : p.replies) CHECK(reply.frame == empty);
            p.receive(empty);
            CHECK(p.closed == CloseReason::empty_frames);
        }
    }
}

TEST_CASE("link: session-control frames are no requests, are echoed, and may come for ever")
{
    auto settings = settings_with("be16-zeros");
    settings->envelope.keep_alive = net::KeepAlive::echo;
    Probe p(settings);
    const Bytes control = bytes_of_hex("0004 0020 30383030");
    for (int i = 0; i < 100; ++i) p.receive(control);
    CHECK_FALSE(p.closed);
    CHECK(p.asked.empty());
    REQUIRE(p.replies.size() == 100);
    CHECK(p.replies.back().frame == control);
}

TEST_CASE("link: an answer that the framing cannot carry is not sent")
{
    const Bytes request = message_bytes(sale());
    auto settings = settings_with("be16");
    settings->envelope.framing.message_bytes_max = request.size(); // the answer has DE38 and DE39 more
    Probe p(settings);
    p.receive(frame(request));
    p.approve(0);
    CHECK(p.replies.empty());
    CHECK(p.saw("answer_not_encodable"));
}
