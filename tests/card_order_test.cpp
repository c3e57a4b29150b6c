#include "tests/support/ledger_queue_fixture.hpp"

#include <map>
#include <set>

TEST_CASE(
    "ledger queue: all messages of one card go to one worker, whatever their keys, and cards are spread")
{
    auto settings = scripted::good_settings();
    settings.workers = 4;
    scripted::Fixture f(settings);
    std::map<authz::CardToken, std::set<std::size_t>> workers_of_card;
    std::set<std::size_t> workers;
    for (std::uint64_t i = 0; i < 128; ++i) {
        auto request = good::sale(i);
        request.key.bytes[8] = static_cast<std::uint8_t>(i); // names are digests: they differ in every byte
        request.card->bytes[8] = static_cast<std::uint8_t>(i / 8);
        const auto ticket = f.submit(request);
        workers_of_card[*request.card].insert(ticket->worker);
        workers.insert(ticket->worker);
    }
    (void)f.waiting->wait(128);
    CHECK(workers_of_card.size() == 16);
    for (const auto& [card, its_workers] : workers_of_card) CHECK(its_workers.size() == 1);
    CHECK(workers.size() == 4);
}
