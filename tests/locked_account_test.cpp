// Real row locks under the ledger queue.
#include "net/ledger_queue.hpp"
#include "tests/support/ledger_fixture.hpp"
#include "tests/support/ledger_queue_fixture.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

using namespace std::chrono_literals;

TEST_CASE("locked account: one that somebody keeps locked stops no other account")
{
    LedgerFixture f;
    const auto stuck = f.open(1);
    const auto other = f.open(2);
    net::LedgerQueueSettings settings;
    settings.workers = 1;
    settings.wall_clock = [] { return good::noon; };
    auto options = f.options();
    options.lock_timeout = 100ms;
    net::LedgerQueue queue(settings, [&] { return std::make_unique<store::PostgresLedger>(options); });
    const auto waiting = std::make_shared<scripted::Waiting>();
    const auto submit = [&](const authz::Request& request) {
        auto ticket = std::make_shared<net::Ticket>(request, net::Deadlines{});
        ticket->owner = waiting;
        ticket->sink = waiting;
        CHECK(queue.submit(ticket) == net::LedgerQueue::Submitted::taken);
        return ticket;
    };
    pqxx::connection connection(f.database.url());
    pqxx::work psql(connection);
    psql.exec("select from account where account_id = " + std::to_string(stuck) + " for update");

    const auto first = submit(good::sale(1));
    const auto behind = submit(good::reversal(2, good::sale(1)));
    for (std::uint64_t i = 10; i < 20; ++i) {
        auto sale = good::sale(i);
        sale.card = good::card(2).token;
        sale.amount.minor = 10;
        const auto ticket = submit(sale);
        CHECK(waiting->wait(i - 9).back() == ticket);
    }
    CHECK(f.balance(other) == 900);
    psql.abort();
    CHECK(queue.drain(60s));
    const auto ended = waiting->wait(12);
    CHECK(ended[10] == first); // its card kept its order
    CHECK(ended[11] == behind);
    CHECK(f.balance(stuck) == 1'000);
    CHECK(f.broken() == "");
}
