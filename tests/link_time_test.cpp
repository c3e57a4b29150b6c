/// The deadlines of a link, and its end.
#include "tests/support/link_probe.hpp"

#include <doctest/doctest.h>

using namespace wire;
using namespace std::chrono_literals;
using net::CloseReason;
using probe::Probe;
using probe::start;

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

TEST_CASE("link: the decline of an expired request is told to every copy of it")
{
    Probe p;
    p.receive(sale());
    p.receive(as(sale(), "0201"));
    p.at(3'800ms);
    p.tick();
    CHECK(p.replies.empty());
    p.link.decided(p.asked[0].slot, {authz::Reason::deadline_passed, "91", "", {}}, p.now);
    p.collect();
    REQUIRE(p.replies.size() == 2);
    CHECK(p.code(0) == "91");
    CHECK(p.code(1) == "91");
    CHECK_FALSE(p.replies[0].cutoff); // a decline may leave whenever
    p.at(4'500ms);
    p.tick();
    CHECK(p.given_up.empty());
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

TEST_CASE("link: a request that failed is met with silence")
{
    Probe p;
    p.receive(sale());
    p.link.failed(p.asked.at(0).slot);
    p.collect();
    CHECK(p.replies.empty());
    CHECK(p.link.in_flight() == 0);
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
