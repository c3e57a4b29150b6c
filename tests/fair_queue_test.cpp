// In which order requests leave the queue of a worker. No threads.
#include "net/fair_queue.hpp"
#include "tests/support/counted_allocations.hpp"
#include "tests/support/good.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace {

using net::FairQueue;
using net::TicketPtr;

/// One who asks, with a letter.
struct Shop : net::TicketOwner {
    void ended(std::span<const TicketPtr>) override {}
};

struct Street {
    /// Of a card for each number; `shop` 0 is nobody.
    TicketPtr ticket(char shop, std::uint8_t card)
    {
        auto request = good::sale(++last_key);
        request.card->bytes[0] = card;
        auto made = std::make_shared<net::Ticket>(std::move(request), net::Deadlines{});
        if (shop != 0) made->owner = shops.try_emplace(shop, std::make_shared<Shop>()).first->second;
        letters[made.get()] = shop == 0 ? '-' : shop;
        return made;
    }
    /// Letters of all that leaves.
    std::string all()
    {
        std::string text;
        while (!queue.empty()) {
            const TicketPtr expected = *queue.next();
            const TicketPtr ticket = queue.pop();
            CHECK(ticket == expected);
            text += letters[ticket.get()];
            left.push_back(ticket);
        }
        CHECK(queue.size() == 0);
        return text;
    }

    FairQueue queue;
    std::map<char, std::shared_ptr<Shop>> shops;
    std::map<const net::Ticket*, char> letters;
    std::vector<TicketPtr> left;
    std::uint64_t last_key = 0;
};

} // namespace

TEST_CASE("fair queue: who asks for much does not keep others waiting, and each has its own in order")
{
    Street s;
    std::vector<TicketPtr> greedy;
    for (std::uint8_t i = 0; i < 100; ++i) s.queue.push_back(greedy.emplace_back(s.ticket('g', i)));
    s.queue.push_back(s.ticket('m', 200));
    s.queue.push_back(s.ticket('n', 201));
    s.queue.push_back(s.ticket('m', 202));
    CHECK(s.queue.size() == 103);
    const std::string order = s.all();
    CHECK(order.substr(0, FairQueue::in_a_row_max + 4) == std::string(FairQueue::in_a_row_max, 'g') + "mmng");
    std::erase_if(s.left, [&](const TicketPtr& ticket) { return s.letters[ticket.get()] != 'g'; });
    CHECK(s.left == greedy);
}

TEST_CASE("fair queue: requests of one card leave in the order in which they came, whoever sent them")
{
    Street s;
    std::vector<TicketPtr> of_card;
    for (std::uint8_t i = 0; i < 40; ++i) s.queue.push_back(s.ticket('g', i));
    s.queue.push_back(of_card.emplace_back(s.ticket('g', 99)));
    s.queue.push_back(of_card.emplace_back(s.ticket('m', 99))); // behind the other shop's
    s.queue.push_back(s.ticket('m', 100));
    s.queue.push_back(of_card.emplace_back(s.ticket(0, 99)));
    CHECK(s.all() == std::string(16, 'g') + 'm' + std::string(25, 'g') + "m-");
    std::erase_if(s.left, [](const TicketPtr& ticket) { return ticket->request.card->bytes[0] != 99; });
    CHECK(s.left == of_card);
    s.queue.push_back(s.ticket('g', 1));
    s.queue.push_back(s.ticket('m', 99)); // nothing of its card waits any more
    CHECK(s.all() == "gm");
}

TEST_CASE("fair queue: what is given back comes before what waits, card by card")
{
    Street s;
    std::vector<TicketPtr> of_card;
    for (int i = 0; i < 5; ++i) of_card.push_back(s.ticket("gmgmm"[i], 7));
    s.queue.push_back(of_card[3]);
    s.queue.push_back(of_card[4]);
    s.queue.push_front({of_card[0], of_card[1], of_card[2]});
    CHECK(s.queue.size() == 5);
    (void)s.all();
    CHECK(s.left == of_card);
}

TEST_CASE("fair queue: a place stays where it is while others come and go")
{
    Street s;
    s.queue.push_back(s.ticket('g', 1));
    TicketPtr* const place = s.queue.push_back(s.ticket('g', 2));
    for (std::uint8_t i = 3; i < 100; ++i) s.queue.push_back(s.ticket('g', i));
    (void)s.queue.pop();
    const auto other = s.ticket('x', 2);
    *place = other; // an equal order in the place of one that nobody waits for
    CHECK(s.queue.next() == place);
    CHECK(s.queue.pop() == other);
    CHECK(s.all().size() == 97);
    std::size_t seen = 0;
    s.queue.for_each([&](const net::Ticket&) { ++seen; });
    CHECK(seen == 0);
}

TEST_CASE("fair queue: whoever finds no memory has changed nothing")
{
    enum class End : std::uint8_t { back, front };
    for (const End end : {End::back, End::front}) {
        CAPTURE(static_cast<int>(end));
        int failures = 0;
        for (std::size_t which = 1;; ++which) { // each of its allocations in turn
            Street s;
            s.queue.push_back(s.ticket('a', 1));
            const TicketPtr ticket = s.ticket('b', 2);
            std::deque<TicketPtr> tickets{ticket};
            bool has_failed = false;
            tests::allocation_to_fail = which;
            try {
                if (end == End::back)
                    s.queue.push_back(ticket);
                else
                    s.queue.push_front(std::move(tickets));
            } catch (const std::bad_alloc&) {
                has_failed = true;
                ++failures;
            }
            tests::allocation_to_fail = 0;
            if (!has_failed) break;
            CHECK(s.queue.size() == 1);
            s.queue.push_back(s.ticket('b', 2)); // of that card and owner
            REQUIRE(s.queue.size() == 2);
            CHECK(s.all() == "ab");
        }
        CHECK((failures >= 4 || !tests::allocations_are_counted));
    }
}
