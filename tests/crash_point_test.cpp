// Test build only: the server dies at each point of a sale's way, is started again, and the sale is repeated.
#include "authz/test_build.hpp"
#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace {

using namespace sim;

constexpr std::chrono::seconds patience{60};
constexpr std::int64_t money = 1000;
const Amount price{100, "JPY"};

constexpr const char* points_of_a_sale[] = {
    "connection_started",
    "link_frame_complete",
    "link_decoded",
    "link_translated",
    "link_request_started",
    "queue_submitted",
    "worker_batch_taken",
    "store_connected",
    "store_begun",
    "store_accounts_locked",
    "store_records_loaded",
    "store_decided",
    "store_system_account_opened",
    "store_written",
    "store_gate_passed",
    "store_commit_sent",
    "store_commit_answered",
    "worker_batch_committed",
    "worker_outcomes_told",
    "connection_outcome_taken",
    "link_answer_encoded",
    "outbox_pushed",
    "connection_before_write",
    "connection_first_byte_written",
    "connection_answers_written",
};
/// From here on the answer leaves on another thread than the one that dies, or has left.
bool may_be_answered(const std::string& point)
{
    return point == "worker_outcomes_told" || point == "connection_answers_written";
}

constexpr std::size_t card_count = std::size(points_of_a_sale) + 1;

/// The first commit of a process registers its start.
std::string pass_of_a_sale(std::string_view point)
{
    return point.starts_with("store_commit_") ? "2" : "1";
}

/// What a server that is started meanwhile finds in its environment.
class Armed {
public:
    Armed(const std::string& order, const std::string& counters)
    {
        ::setenv("TOLLGATE_CRASH_POINT", order.c_str(), 1);
        ::setenv("TOLLGATE_CRASH_COUNTERS", counters.c_str(), 1);
    }
    ~Armed()
    {
        ::unsetenv("TOLLGATE_CRASH_POINT");
        ::unsetenv("TOLLGATE_CRASH_COUNTERS");
    }
    Armed(const Armed&) = delete;
    Armed& operator=(const Armed&) = delete;
};

std::unique_ptr<ChildHost> start_armed(TestBed& bed, const std::string& order, const std::string& counters)
{
    const Armed armed(order, counters);
    return bed.start_host();
}

/// The last answer may come before the server has reached its point.
bool dies(ChildHost& host)
{
    const auto end = Clock::now() + patience;
    while (host.is_running() && Clock::now() < end) std::this_thread::yield();
    return !host.is_running();
}

/// How often a point was reached, as the file of a dead process tells.
std::string count_of(const std::string& point, const std::string& counters)
{
    std::ifstream file(counters);
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(point + " ")) return line.substr(line.find_last_of(' ') + 1);
    return "none";
}

struct Shop {
    const FreshDatabase database{FreshDatabase::Schema::none};
    TestBed bed{{.bin = TOLLGATE_BIN_DIR, .database_url = database.url()}};
    RunIds ids{wall_clock_us(), wall_clock_us()};
    ImportedCards imported = import_cards(bed, ids, card_count, Amount{money, "JPY"});
    const Side& side = bed.sides().front();
    const std::string& link = side.links.front();
    const std::string counters = bed.folder() + "/counters";

    Load sale_of(std::size_t card) { return Load(*side.model, ids, {{imported.cards.at(card)}, price, 1}); }
    std::int64_t balance_minor(std::size_t card)
    {
        return bed.office().balance_minor(imported.first_account + static_cast<std::int64_t>(card));
    }
};

} // namespace

TEST_CASE("crash point: a sale that is repeated after a death at any point of its way has one effect")
{
    Shop shop;
    for (std::size_t card = 0; card < std::size(points_of_a_sale); ++card) {
        const std::string point = points_of_a_sale[card];
        CAPTURE(point);
        const std::string pass = pass_of_a_sale(point);
        const auto host = start_armed(shop.bed, point + ":" + pass, shop.counters);
        Load load = shop.sale_of(card);
        const std::size_t answers =
            load.send({0}, host->address(shop.link), {.connections = 1, .in_flight = 1}, patience);
        CHECK(answers <= (may_be_answered(point) ? 1 : 0));
        CHECK(dies(*host));
        host->kill_now();
        CHECK(count_of(point, shop.counters) == "0000000000000000000" + pass);

        host->start();
        for (int i = 0; i < 2; ++i)
            REQUIRE(load.send({0}, host->address(shop.link), {.connections = 1, .in_flight = 1}, patience) ==
                    1);
        const auto& seen = load.messages().front().answers;
        for (const LoadMessage::Seen& answer : seen) {
            CHECK(answer.code == "00");
            CHECK(answer.approval == seen.front().approval);
        }
        CHECK(shop.balance_minor(card) == money - price.minor);
        CHECK(host->stop() == 0);
    }
    const auto books = shop.bed.office().check_books();
    INFO(books.text);
    CHECK(books.status == 0);
}

TEST_CASE("crash point: COMMIT is on its way before the process dies of it")
{
    Shop shop;
    {
        const auto before = shop.bed.start_host(); // opens the clearing account
        Load first = shop.sale_of(card_count - 1);
        REQUIRE(first.send({0}, before->address(shop.link), {}, patience) == 1);
        CHECK(before->stop() == 0);
    }
    // The first of each process registers its start; the second is for the clearing account, which is there
    // and must be found.
    const auto host = start_armed(shop.bed, "store_commit_sent:3", shop.counters);
    Load load = shop.sale_of(0);
    CHECK(load.send({0}, host->address(shop.link), {.connections = 1, .in_flight = 1}, patience) == 0);
    CHECK(dies(*host));
    host->kill_now();
    const auto end = Clock::now() + patience;
    while (shop.balance_minor(0) == money && Clock::now() < end) {
    }
    CHECK(shop.balance_minor(0) == money - price.minor);
}

TEST_CASE("crash point: a stop that dies on its way leaves the books in order")
{
    Shop shop;
    for (const std::string point : {"server_drain_begun", "worker_drain_begun", "server_drained"}) {
        CAPTURE(point);
        const auto host = start_armed(shop.bed, point + ":1", shop.counters);
        CHECK(host->stop() == 128 + SIGKILL);
        CHECK(count_of(point, shop.counters) == "00000000000000000001");
    }
    CHECK(shop.bed.office().check_books().status == 0);
}
