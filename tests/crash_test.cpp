// kill -9 in the middle of a load, start, repeat: no effect twice, no approval without its effect.
#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/rng.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"

#include <doctest/doctest.h>

#include <iostream>
#include <map>
#include <numeric>

namespace {

using namespace sim;

constexpr std::size_t message_count = 2000;
constexpr std::size_t card_count = 20;
constexpr int kills = 3;
constexpr std::chrono::seconds patience{120};
const Load::Window window{.connections = 4, .in_flight = 32};

/// Sends what has no answer; the server is killed after `answers_before_kill` of them.
void send_and_kill(Load& load, ChildHost& host, const std::string& link, std::size_t answers_before_kill)
{
    (void)load.send(load.unanswered(), host.address(link), window, patience, [&](std::size_t came) {
        if (came == answers_before_kill) host.kill_now();
    });
    host.kill_now();
    host.start();
}

void check_every_key_has_one_answer(const Load& load)
{
    for (const LoadMessage& message : load.messages()) {
        CAPTURE(message.stan);
        REQUIRE_FALSE(message.answers.empty());
        for (const LoadMessage::Seen& seen : message.answers) {
            CHECK(seen.code == message.answers.front().code);
            CHECK(seen.approval == message.answers.front().approval);
            CHECK((seen.code == "00" || seen.code == "51"));
        }
    }
}

std::map<std::size_t, std::int64_t> approvals_per_card(const Load& load)
{
    std::map<std::size_t, std::int64_t> approvals;
    for (const LoadMessage& message : load.messages())
        if (message.answers.front().code == "00") ++approvals[message.card];
    return approvals;
}

} // namespace

TEST_CASE("crash: kill -9 during a load loses no answer's effect and doubles none")
{
    const FreshDatabase database(FreshDatabase::Schema::none);
    TestBed bed({.bin = TOLLGATE_BIN_DIR, .database_url = database.url()});
    RunIds ids(wall_clock_us(), wall_clock_us());
    Rng rng(ids.seed());
    std::cout << "seed " << ids.seed() << std::endl;

    // A hundred sales per card, and money for 80 to 99 of them: some are refused, and stay refused.
    const std::int64_t money = 80 + static_cast<std::int64_t>(rng.below(20));
    const ImportedCards imported = import_cards(bed, ids, card_count, Amount{money, "JPY"});
    const Side& side = bed.sides()[ids.seed() % 2];
    const std::string& link = side.links.front();
    const auto host = bed.start_host();
    Load load(*side.model, ids, {imported.cards, Amount{1, "JPY"}, message_count});

    for (int i = 0; i < kills; ++i) send_and_kill(load, *host, link, 100 + rng.below(500));
    const std::size_t answered_before = message_count - load.unanswered().size();
    std::cout << answered_before << " answers came before the last start" << std::endl;
    CHECK(answered_before < message_count);

    const auto unanswered = load.unanswered();
    REQUIRE(load.send(unanswered, host->address(link), window, patience) == unanswered.size());
    const auto sample = load.answered(3);
    REQUIRE(load.send(sample, host->address(link), window, patience) == sample.size());
    CHECK(host->stop() == 0);

    check_every_key_has_one_answer(load);
    auto approvals = approvals_per_card(load);
    for (std::size_t card = 0; card < card_count; ++card) {
        CAPTURE(card);
        const auto account = imported.first_account + static_cast<std::int64_t>(card);
        CHECK(bed.office().balance_minor(account) == money - approvals[card]);
        CHECK(approvals[card] == money);
    }
    const auto books = bed.office().check_books();
    INFO(books.text);
    CHECK(books.status == 0);
}
