// What a ledger queue does with requests for which there is no memory.
#include "tests/support/counted_allocations.hpp"
#include "tests/support/ledger_queue_fixture.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace scripted;
using net::TicketState;

TEST_CASE("ledger queue: for what there is no memory is not taken, and all others are served")
{
    for (const bool is_order : {false, true}) {
        CAPTURE(is_order);
        std::size_t refused = 0;
        for (std::size_t which = 2;; ++which) { // the first is the list of what has become of them
            Fixture f;
            const std::vector<TicketPtr> tickets{
                f.ticket(sale(1)), f.ticket(is_order ? reversal(2) : sale(2)), f.ticket(sale(3))};
            tests::allocation_to_fail = which;
            const auto submission = f.queue.submit(std::span(tickets));
            const bool has_failed = std::exchange(tests::allocation_to_fail, 0) == 0;
            REQUIRE(submission.must_wake);
            f.queue.wake();
            CHECK(f.queue.drain(long_enough));
            CHECK(f.queue.orders() == 0);
            CHECK(f.queue.waiting() == 0);
            for (std::size_t i = 0; i < tickets.size(); ++i) {
                const bool is_taken = submission.each[i] == LedgerQueue::Submitted::taken;
                CHECK((tickets[i]->state == TicketState::done) == is_taken);
                refused += is_taken ? 0 : 1;
            }
            if (!has_failed) break;
        }
        CHECK((refused > 3 || !tests::allocations_are_counted));
    }
}
