// What the workers tell, on its way to the I/O thread.
#include "net/inbox.hpp"
#include "tests/support/ledger_queue_fixture.hpp"

#include <doctest/doctest.h>

namespace {

using net::TicketPtr;
using Calls = std::vector<std::vector<TicketPtr>>;

/// Notes what it is told in one call.
struct Owner : net::TicketOwner {
    void ended(std::span<const TicketPtr> tickets) override
    {
        calls.emplace_back(tickets.begin(), tickets.end());
    }
    Calls calls;
};

struct Scene {
    TicketPtr ticket_of(const std::shared_ptr<Owner>& owner, std::uint64_t number)
    {
        auto ticket = std::make_shared<net::Ticket>(scripted::sale(number), net::Deadlines{});
        ticket->owner = owner;
        return ticket;
    }

    boost::asio::io_context io;
    std::shared_ptr<net::LedgerQueue> queue;
    net::Inbox inbox{io, queue};
};

} // namespace

TEST_CASE("inbox: what one owner waits for and ended together is told in one call, in order")
{
    Scene scene;
    const auto a = std::make_shared<Owner>();
    const auto b = std::make_shared<Owner>();
    const std::vector tickets{scene.ticket_of(a, 1), scene.ticket_of(a, 2), scene.ticket_of(b, 3),
                              scene.ticket_of(a, 4)};
    scene.inbox.ended(tickets);
    CHECK(a->calls.empty()); // on the I/O thread, not on the worker's
    CHECK(scene.io.poll() == 1);
    CHECK(a->calls == Calls{{tickets[0], tickets[1]}, {tickets[3]}});
    CHECK(b->calls == Calls{{tickets[2]}});
}

TEST_CASE("inbox: an owner that has gone keeps nobody else from being told")
{
    Scene scene;
    const auto here = std::make_shared<Owner>();
    const std::vector tickets{scene.ticket_of(std::make_shared<Owner>(), 1), scene.ticket_of(here, 2)};
    scene.inbox.ended(tickets);
    scene.io.poll();
    CHECK(here->calls == Calls{{tickets[1]}});
}
