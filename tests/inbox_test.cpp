// In which order owners hear of their tickets. No sockets, no workers.
#include "net/inbox.hpp"
#include "tests/support/good.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace {

/// Writes down its letter for each of its tickets, and checks that they come in order.
struct Owner : net::TicketOwner {
    Owner(char a_letter, std::string& a_diary) : letter(a_letter), diary(a_diary) {}
    void ended(std::span<const net::TicketPtr> tickets) override
    {
        for (const auto& ticket : tickets) {
            CHECK(ticket->slot == heard++);
            diary += letter;
        }
    }

    char letter;
    std::string& diary;
    std::uint64_t heard = 0;
};

struct Office {
    std::vector<net::TicketPtr> tickets_of(const std::shared_ptr<Owner>& owner, std::size_t count)
    {
        std::vector<net::TicketPtr> tickets;
        for (std::size_t i = 0; i < count; ++i) {
            tickets.push_back(std::make_shared<net::Ticket>(good::sale(), net::Deadlines{}));
            tickets.back()->owner = owner;
            tickets.back()->slot = next_slot[owner->letter]++;
        }
        return tickets;
    }

    std::map<char, std::uint64_t> next_slot;
    boost::asio::io_context io;
    std::shared_ptr<net::Inbox> inbox = std::make_shared<net::Inbox>(io, std::weak_ptr<net::LedgerQueue>{});
    std::string diary;
    std::shared_ptr<Owner> greedy = std::make_shared<Owner>('g', diary);
    std::shared_ptr<Owner> modest = std::make_shared<Owner>('m', diary);
};

} // namespace

TEST_CASE("inbox: who has many tickets does not keep another waiting, and sockets have their turn between")
{
    Office office;
    office.inbox->ended(office.tickets_of(office.greedy, 500));
    office.inbox->ended(office.tickets_of(office.modest, 1));
    REQUIRE(office.io.poll_one() == 1);
    CHECK(office.diary.size() < 100); // whoever waits for the thread has it now
    while (office.io.poll() > 0) {
    }
    CHECK(office.diary.size() == 501);
    CHECK(office.diary.find('m') < 100);
}

TEST_CASE("inbox: each hears of all of its tickets in order, however they come")
{
    Office office;
    for (std::size_t i = 0; i < 200; ++i) {
        office.inbox->ended(office.tickets_of(office.greedy, 1 + i % 70));
        if (i % 3 == 0) office.inbox->ended(office.tickets_of(office.modest, 2));
        if (i % 2 == 0) (void)office.io.poll_one();
    }
    while (office.io.poll() > 0) {
    }
    CHECK(office.greedy->heard == office.next_slot['g']);
    CHECK(office.modest->heard == office.next_slot['m']);
}

TEST_CASE("inbox: tickets of an owner that has gone hold nobody up")
{
    Office office;
    office.inbox->ended(office.tickets_of(office.greedy, 100));
    office.greedy.reset();
    office.inbox->ended(office.tickets_of(office.modest, 1));
    while (office.io.poll() > 0) {
    }
    CHECK(office.diary == "m");
}

TEST_CASE("inbox: what one owner waits for and ended together is told in one call, on the I/O thread")
{
    struct Notes : net::TicketOwner {
        void ended(std::span<const net::TicketPtr> tickets) override
        {
            calls.emplace_back(tickets.begin(), tickets.end());
        }
        std::vector<std::vector<net::TicketPtr>> calls;
    };
    Office office;
    const auto notes = std::make_shared<Notes>();
    auto mine = office.tickets_of(office.modest, 3);
    for (const auto& ticket : mine) ticket->owner = notes;
    auto tickets = mine;
    tickets.insert(tickets.begin() + 1, office.tickets_of(office.greedy, 1).front());
    office.inbox->ended(std::move(tickets));
    CHECK(notes->calls.empty());
    while (office.io.poll() > 0) {
    }
    REQUIRE(notes->calls.size() == 1);
    CHECK(notes->calls.front() == mine);
    CHECK(office.diary == "g");
}
