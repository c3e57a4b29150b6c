#include "net/outbox.hpp"
#include "tests/support/ledger_queue_fixture.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using net::Handover;
using net::MonoTime;
using net::Outbox;

namespace {

const MonoTime start{1h};

Outbox::Entry frame(std::size_t bytes, std::optional<MonoTime> cutoff = {})
{
    return {std::vector<std::uint8_t>(bytes, 'x'), cutoff, nullptr, 0};
}
std::size_t size_of(const Outbox& outbox)
{
    std::size_t size = 0;
    for (const auto piece : outbox.pieces()) size += piece.size();
    return size;
}

/// An approved sale whose answer may now leave.
struct Approved {
    Approved()
    {
        queue = std::make_shared<net::LedgerQueue>(
            scripted::good_settings(), [this] { return std::make_unique<scripted::ScriptedLedger>(script); });
        waiting = std::make_shared<scripted::Waiting>();
        ticket =
            std::make_shared<net::Ticket>(good::sale(), net::Deadlines{MonoTime::max(), MonoTime::min()});
        ticket->owner = waiting;
        ticket->sink = waiting;
        CHECK(queue->submit(ticket) == net::LedgerQueue::Submitted::taken);
        (void)waiting->wait(1);
        handover = std::make_shared<Handover>(queue, ticket);
    }
    /// Whether the effect has been undone, once all is done.
    bool is_undone()
    {
        handover.reset();
        CHECK(queue->drain(1min));
        return script.committed_operations().back() == authz::Operation::own_undo;
    }

    scripted::Script script;
    std::shared_ptr<net::LedgerQueue> queue;
    std::shared_ptr<scripted::Waiting> waiting;
    net::TicketPtr ticket;
    std::shared_ptr<Handover> handover;
};

} // namespace

TEST_CASE(
    "outbox: an approval whose cut-off has come is dropped; what has begun to leave, and the rest, stays")
{
    Outbox outbox;
    CHECK(outbox.push(frame(10, start + 1s)));
    CHECK(outbox.push(frame(20, start + 2s)));
    CHECK(outbox.push(frame(30)));
    outbox.sent(1);
    CHECK(outbox.drop_late(start + 1s) == 0); // its first byte is gone: it must be finished
    CHECK(outbox.drop_late(start + 1999ms) == 0);
    CHECK(outbox.drop_late(start + 2s) == 1);
    CHECK(size_of(outbox) == 9 + 30);
    outbox.sent(39);
    CHECK(outbox.empty());
}

TEST_CASE("outbox: it is bounded in bytes and in frames")
{
    Outbox outbox({.bytes_max = 100, .frames_max = 3});
    CHECK(outbox.push(frame(60)));
    CHECK_FALSE(outbox.push(frame(41)));
    CHECK(outbox.push(frame(40)));
    outbox.sent(60);
    CHECK(outbox.push(frame(1)));
    CHECK(outbox.push(frame(1)));
    CHECK_FALSE(outbox.push(frame(1)));
    outbox.clear();
    CHECK(outbox.push(frame(100)));
}

TEST_CASE("outbox: an approval that is dropped is undone")
{
    Approved a;
    Outbox outbox;
    CHECK(outbox.push({{1, 2, 3}, start, a.handover, 0}));
    a.handover.reset();
    CHECK(outbox.drop_late(start) == 1);
    CHECK(a.is_undone());
}

TEST_CASE("outbox: an approval that goes down with its connection is undone")
{
    Approved a;
    {
        Outbox outbox;
        CHECK(outbox.push({{1, 2, 3}, start, a.handover, 0}));
    }
    CHECK(a.is_undone());
}

TEST_CASE("outbox: one byte handed over, and only the network may undo it")
{
    Approved a;
    {
        Outbox outbox;
        CHECK(outbox.push({{1, 2, 3}, start, a.handover, 0}));
        outbox.sent(1);
    }
    CHECK_FALSE(a.is_undone());
}

TEST_CASE("outbox: of two copies one has left: nothing is undone")
{
    Approved a;
    Outbox outbox;
    CHECK(outbox.push({{1, 2, 3}, start, a.handover, 0}));
    CHECK(outbox.push({{1, 2, 3}, start, a.handover, 0}));
    outbox.sent(3);
    CHECK(outbox.drop_late(start) == 1);
    CHECK_FALSE(a.is_undone());
}

TEST_CASE("outbox: a record is late when the first cut-off of an approval in it has come, until it has left")
{
    Approved a;
    Outbox outbox;
    CHECK(outbox.push(frame(10)));
    CHECK(outbox.push({{1, 2, 3}, start + 2s, a.handover, 0}));
    CHECK(outbox.push({{1, 2, 3}, start + 1s, a.handover, 0}));
    CHECK(outbox.push({{1, 2, 3}, start, a.handover, 0}));
    CHECK_FALSE(outbox.is_record_late(start + 1h));
    outbox.sealed(16);
    CHECK(outbox.drop_late(start + 1h) == 1); // only what is in no record can be dropped
    CHECK(outbox.empty());
    CHECK_FALSE(outbox.is_record_late(start + 999ms));
    CHECK(outbox.is_record_late(start + 1s));
    outbox.record_left();
    CHECK_FALSE(outbox.is_record_late(start + 1h));
    a.handover.reset();
    CHECK_FALSE(a.is_undone());
}

TEST_CASE("outbox: an approval in a record that never left is undone")
{
    Approved a;
    {
        Outbox outbox;
        CHECK(outbox.push({{1, 2, 3}, start, a.handover, 0}));
        outbox.sealed(3);
    }
    CHECK(a.is_undone());
}

TEST_CASE("outbox: of a frame in two records one has left: the other is never late, and nothing is undone")
{
    Approved a;
    {
        Outbox outbox;
        CHECK(outbox.push({{1, 2, 3}, start, a.handover, 0}));
        outbox.sealed(1);
        outbox.record_left();
        outbox.sealed(2);
        CHECK_FALSE(outbox.is_record_late(start + 1h));
    }
    CHECK_FALSE(a.is_undone());
}

TEST_CASE("outbox: each approval is dropped at its own cut-off, whatever came and went before it")
{
    Outbox outbox;
    for (const auto cutoff : {start + 30s, start + 10s, start + 20s}) REQUIRE(outbox.push(frame(10, cutoff)));
    CHECK(outbox.drop_late(start + 9s) == 0);
    CHECK(outbox.drop_late(start + 10s) == 1);
    REQUIRE(outbox.push(frame(10)));
    CHECK(outbox.drop_late(start + 19s) == 0);
    CHECK(outbox.drop_late(start + 20s) == 1);
    REQUIRE(outbox.push(frame(10, start + 25s))); // earlier than what waits
    CHECK(outbox.drop_late(start + 25s) == 1);
    outbox.clear();
    REQUIRE(outbox.push(frame(10, start + 40s)));
    CHECK(outbox.drop_late(start + 30s) == 0);
    CHECK(outbox.drop_late(start + 40s) == 1);
    CHECK(outbox.empty());
}

TEST_CASE("outbox: what is released is whole, and nothing of it is left")
{
    Outbox outbox;
    for (int i = 0; i < 3; ++i) REQUIRE(outbox.push(frame(10, start)));
    CHECK(outbox.release().size() == 3);
    CHECK(outbox.empty());
    CHECK(outbox.bytes() == 0);
    CHECK(outbox.drop_late(start) == 0);
}

TEST_CASE("outbox: what waits in a record has not been sent, and what never leaves is not counted")
{
    const auto counters = std::make_shared<net::LinkCounters>("acq-a");
    const auto tag = net::tag_of(codec::Mti::parse("0210").value(), "00", net::RequestKind::sale);
    const auto count = [&] { return counters->messages_sent[tag.mti].value(); };
    Outbox outbox({}, counters);
    for (int i = 0; i < 3; ++i) {
        auto entry = frame(10);
        entry.tag = tag;
        CHECK(outbox.push(std::move(entry)));
    }
    outbox.sealed(15);
    CHECK(count() == 0);
    CHECK(counters->bytes_sent.value() == 0);
    outbox.record_left();
    CHECK(count() == 1); // half of the second
    CHECK(counters->bytes_sent.value() == 15);
    outbox.sealed(15);
    outbox.clear();
    CHECK(outbox.push(frame(10)));
    outbox.sent(10);
    CHECK(count() == 1);
    CHECK(counters->bytes_sent.value() == 25);
}
