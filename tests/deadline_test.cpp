// PostgreSQL stands still for longer than the deadline. Nobody is told anything that might not stay true, and
// afterwards nobody has paid.
#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"
#include "tests/support/stopped_postgres.hpp"

#include <doctest/doctest.h>

#include <iostream>

namespace {

using namespace sim;

constexpr std::size_t card_count = 16; // more than enough for accounts of both workers
constexpr std::chrono::milliseconds network_timeout{4000};
constexpr std::chrono::seconds patience{60};
constexpr std::int64_t money = 1000;
const Amount price{100, "JPY"};
constexpr std::int64_t after_first_sale = 900;

/// While the table has a row, every COMMIT of the server waits: it has been sent, and nobody knows its end.
constexpr const char* gate_sql = R"(
create table commits_wait (since timestamptz not null default now());
create function wait_at_commit() returns trigger language plpgsql as $$ begin
    while exists (select from commits_wait) loop perform pg_sleep(0.01); end loop;
    return null;
end $$;
create constraint trigger waits_at_commit after insert on journal deferrable initially deferred
    for each row execute function wait_at_commit();
)";
constexpr const char* commits_waiting =
    "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'commit%'"
    " and wait_event = 'PgSleep'"; // at the gate, not in a COMMIT of something else

/// Asks again until the answer is `wanted`.
/// returns  false when it does not become so
template <class Ask, class T> bool becomes(const Ask& ask, const T& wanted)
{
    const auto end = Clock::now() + patience;
    while (ask() != wanted)
        if (Clock::now() > end) return false;
    return true;
}

/// Cards, and the sale of each that meets the standstill.
struct Shop {
    Shop(TestBed& bed, RunIds& ids)
        : imported(import_cards(bed, ids, card_count, Amount{money, "JPY"})), side(bed.sides().front()),
          load(*side.model, ids, {imported.cards, price, card_count})
    {
    }

    std::int64_t account(std::size_t card) const
    {
        return imported.first_account + static_cast<std::int64_t>(card);
    }

    ImportedCards imported;
    const Side& side;
    Load load;
};

} // namespace

TEST_CASE("deadline: a database that stands still leaves no effect behind, and no doubt")
{
    const FreshDatabase database(FreshDatabase::Schema::none);
    TestBed bed({.bin = TOLLGATE_BIN_DIR,
                 .database_url = database.url(),
                 .network_timeout = std::to_string(network_timeout.count()) + "ms"});
    RunIds ids(wall_clock_us(), wall_clock_us());
    std::cout << "seed " << ids.seed() << std::endl;
    Shop shop(bed, ids);
    const auto host = bed.start_host();
    const Address address = host->address(shop.side.links.front());

    // A sale on every card first: each worker has its session, and one will be in the middle of a statement.
    Load first(*shop.side.model, ids, {shop.imported.cards, price, card_count});
    REQUIRE(first.send(first.unanswered(), address, {}, patience) == card_count);
    for (const LoadMessage& message : first.messages()) CHECK(message.answers.front().code == "00");
    database.run(gate_sql);

    // One sale is between COMMIT and its end.
    database.run("insert into commits_wait default values");
    const std::vector<std::size_t> committing{0};
    std::vector<std::size_t> others;
    for (std::size_t i = 1; i < card_count; ++i) others.push_back(i);
    {
        LoadLine line(shop.load, address, {.connections = 1, .in_flight = 100});
        line.send(committing);
        REQUIRE(becomes([&] { return database.value(commits_waiting); }, "1"));

        test::StoppedPostgres stopped;
        line.send(others);
        // A decline whose row is not durable might not stay true: silence, to the end of the network's
        // patience.
        CHECK(line.wait_for(1, Clock::now() + network_timeout) == 0);
    }
    database.run("delete from commits_wait");

    // The late effect is undone by the server itself.
    CHECK(
        becomes([&] { return database.value("select count(*) from journal where reason = 'undone'"); }, "1"));
    for (std::size_t i = 0; i < card_count; ++i) {
        CAPTURE(i);
        CHECK(bed.office().balance_minor(shop.account(i)) == after_first_sale);
    }

    // A repeat of any of them is refused, and nobody pays; new sales are approved.
    std::vector<std::size_t> all = others;
    all.push_back(0);
    REQUIRE(shop.load.send(all, address, {}, patience) == all.size());
    for (const std::size_t i : others) CHECK(shop.load.messages()[i].answers.back().code == "91");
    CHECK(shop.load.messages()[0].answers.back().code != "00");
    Load later(*shop.side.model, ids, {shop.imported.cards, price, card_count});
    REQUIRE(later.send(later.unanswered(), address, {}, patience) == card_count);
    for (const LoadMessage& message : later.messages()) CHECK(message.answers.front().code == "00");
    for (std::size_t i = 0; i < card_count; ++i)
        CHECK(bed.office().balance_minor(shop.account(i)) == after_first_sale - price.minor);

    CHECK(host->stop() == 0);
    const auto books = bed.office().check_books();
    INFO(books.text);
    CHECK(books.status == 0);
}
