// PostgreSQL stands still for longer than the deadline. Nobody is told anything that might not stay true, and
// afterwards nobody has paid.
#include "tests/support/program_shop.hpp"
#include "tests/support/sql_gate.hpp"
#include "tests/support/stopped_postgres.hpp"

#include <doctest/doctest.h>

#include <iostream>

namespace {

using namespace sim;

constexpr std::size_t card_count = 16; // more than enough for accounts of both workers
constexpr std::chrono::milliseconds network_timeout{4000};
constexpr std::chrono::seconds patience{60};
constexpr std::int64_t after_first_sale = 900;

} // namespace

TEST_CASE("deadline: a database that stands still leaves no effect behind, and no doubt")
{
    test::ProgramShop shop(
        {.cards = card_count, .network_timeout = std::to_string(network_timeout.count()) + "ms"});
    std::cout << "seed " << shop.ids.seed() << std::endl;
    Load load = shop.sales(card_count); // what meets the standstill
    const auto host = shop.bed.start_host();
    const Address address = host->address(shop.link);

    // A sale on every card first: each worker has its session, and one will be in the middle of a statement.
    Load first = shop.sales(card_count);
    REQUIRE(first.send(first.unanswered(), address, {}, patience) == card_count);
    for (const LoadMessage& message : first.messages()) CHECK(message.answers.front().code == "00");

    // One sale is between COMMIT and its end.
    const test::SqlGate gate(shop.database, test::SqlGate::at_commit);
    gate.shut();
    const std::vector<std::size_t> committing{0};
    std::vector<std::size_t> others;
    for (std::size_t i = 1; i < card_count; ++i) others.push_back(i);
    {
        LoadLine line(load, address, {.connections = 1, .in_flight = 100});
        line.send(committing);
        gate.wait_until_reached();

        test::StoppedPostgres stopped;
        line.send(others);
        // A decline whose row is not durable might not stay true: silence, to the end of the network's
        // patience.
        CHECK(line.wait_for(1, Clock::now() + network_timeout) == 0);
    }
    gate.open();

    // The late effect is undone by the server itself.
    shop.database.wait_until("exists (select from journal where reason = 'undone')");
    for (std::size_t i = 0; i < card_count; ++i) {
        CAPTURE(i);
        CHECK(shop.balance_minor(i) == after_first_sale);
    }

    // A repeat of any of them is refused, and nobody pays; new sales are approved.
    std::vector<std::size_t> all = others;
    all.push_back(0);
    REQUIRE(load.send(all, address, {}, patience) == all.size());
    for (const std::size_t i : others) CHECK(load.messages()[i].answers.back().code == "91");
    CHECK(load.messages()[0].answers.back().code != "00");
    Load later = shop.sales(card_count);
    REQUIRE(later.send(later.unanswered(), address, {}, patience) == card_count);
    for (const LoadMessage& message : later.messages()) CHECK(message.answers.front().code == "00");
    for (std::size_t i = 0; i < card_count; ++i)
        CHECK(shop.balance_minor(i) == after_first_sale - test::ProgramShop::price.minor);

    CHECK(host->stop() == 0);
    const auto books = shop.bed.office().check_books();
    INFO(books.text);
    CHECK(books.status == 0);
}
