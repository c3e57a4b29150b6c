// Two processes of `tollgated` hand over, and one of them is killed before or behind each word that they say
// to each other: the other one serves (docs/restart.md).
#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"
#include "tests/support/handover_relay.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace {

using namespace sim;
using test::HandoverRelay;
using Word = HandoverRelay::Word;
using When = HandoverRelay::Death::When;
using Victim = HandoverRelay::Side;

constexpr std::chrono::seconds patience{60};
constexpr std::int64_t money = 10'000;
const Amount price{100, "JPY"};

struct Row {
    const char* name;
    HandoverRelay::Death death;
};

/// When the old one has heard "taken" it lets go: from then on a death of the new one is that of any server.
constexpr Row rows[] = {
    {"old, before it gives", {Word::sockets, When::unheard, Victim::old_one}},
    {"new, before it is given", {Word::sockets, When::unheard, Victim::new_one}},
    {"old, when it has given", {Word::sockets, When::heard, Victim::old_one}},
    {"new, when it was given", {Word::sockets, When::heard, Victim::new_one}},
    {"old, before it hears ready", {Word::ready, When::unheard, Victim::old_one}},
    {"new, before ready is heard", {Word::ready, When::unheard, Victim::new_one}},
    {"old, when it has heard ready", {Word::ready, When::heard, Victim::old_one}},
    {"new, when ready was heard", {Word::ready, When::heard, Victim::new_one}},
    {"old, before go is heard", {Word::go, When::unheard, Victim::old_one}},
    {"new, before it hears go", {Word::go, When::unheard, Victim::new_one}},
    {"old, when go was heard", {Word::go, When::heard, Victim::old_one}},
    {"new, when it has heard go", {Word::go, When::heard, Victim::new_one}},
    {"old, before it hears taken", {Word::taken, When::unheard, Victim::old_one}},
    {"new, before taken is heard", {Word::taken, When::unheard, Victim::new_one}},
    {"old, when it has heard taken", {Word::taken, When::heard, Victim::old_one}},
};

/// One server after the other, each with a place of its own for the next.
struct House {
    const FreshDatabase database{FreshDatabase::Schema::none};
    TestBed bed{{.bin = TOLLGATE_BIN_DIR, .database_url = database.url()}};
    RunIds ids{wall_clock_us(), wall_clock_us()};
    ImportedCards imported = import_cards(bed, ids, 1, Amount{money, "JPY"});
    const Side& side = bed.sides().front();
    const std::string& link = side.links.front();
    Load sales{*side.model, ids, {imported.cards, price, std::size(rows) + 1}};
    std::size_t sold = 0;

    [[nodiscard]] std::string place(std::size_t number) const
    {
        return bed.folder() + "/handover-" + std::to_string(number);
    }
    [[nodiscard]] std::unique_ptr<ChildHost> start(std::size_t number) const
    {
        return std::make_unique<ChildHost>(
            ChildHost::Settings{std::string(TOLLGATE_BIN_DIR) + "/tollgated",
                                bed.folder() + "/tollgated.toml",
                                bed.folder() + "/server-" + std::to_string(number) + ".log",
                                {"--set", "node.handover_socket=" + place(number)}});
    }
    void sell(ChildHost& host)
    {
        const std::size_t number = sold++;
        REQUIRE(sales.send({number}, host.address(link), {.connections = 1, .in_flight = 1}, patience) == 1);
        CHECK(sales.messages()[number].answers.front().code == "00");
    }
    [[nodiscard]] std::int64_t paid() { return money - bed.office().balance_minor(imported.first_account); }
};

} // namespace

TEST_CASE("hand-over: whichever of two processes is killed, at whatever word, the other one serves")
{
    House house;
    std::size_t number = 0; // of the server that serves
    auto serving = house.start(number);
    house.sell(*serving);
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        CAPTURE(std::string(rows[i].name));
        const std::uint16_t port = serving->address(house.link).port;
        HandoverRelay relay(house.place(i + 1), house.place(number), rows[i].death);
        std::unique_ptr<ChildHost> next;
        try {
            next = house.start(i + 1);
        } catch (const StartError&) {
            CHECK(rows[i].death.victim == Victim::new_one); // it is dead before it is ready
        }
        REQUIRE(relay.end().empty());
        if (rows[i].death.victim == Victim::old_one) {
            REQUIRE(next);
            REQUIRE(serving->ends_within(patience));
            serving = std::move(next);
            number = i + 1;
        } else if (next) {
            REQUIRE(next->ends_within(patience));
        }
        if (i > 0) CHECK(serving->address(house.link).port == port); // the first new one was given nothing
        house.sell(*serving);
    }
    CHECK(serving->stop() == 0);
    CHECK(house.paid() == static_cast<std::int64_t>(house.sold) * price.minor);
    CHECK(house.bed.office().check_books().status == 0);
}
