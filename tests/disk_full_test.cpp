// A disk runs full under load: what is answered stays true, nobody's card is blamed, nothing answered is
// lost, and service comes back with the space, without a restart of tollgated.
#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/limited_disk.hpp"
#include "tests/support/own_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>

namespace {

using namespace sim;
using test::LimitedDisk;
using test::OwnCluster;
using test::ScratchFolder;

constexpr std::uint64_t mebibyte = 1U << 20U;
constexpr std::uint64_t small_disk = 48 * mebibyte;
constexpr std::uint64_t rows_of_round = 8 * mebibyte; ///< at most, with their indexes: they stay
constexpr std::uint64_t wal_of_round = 64 * mebibyte; ///< at most
constexpr std::size_t card_count = 20;
constexpr std::size_t sales_per_round = 6'000; ///< more than what still fits on a disk without free space
constexpr std::size_t portion = 256;
constexpr std::int64_t money = 10'000'000; ///< no sale of any round lacks funds
constexpr std::chrono::milliseconds network_timeout{2'000};
constexpr std::chrono::seconds patience{120};
const Load::Window window{.connections = 4, .in_flight = 64};
const Amount price{1, "JPY"};

/// Every run of PostgreSQL's checkpointer but those that the test asks for is put off: it would give space
/// back.
const std::vector<std::string> no_checkpoints{"wal_recycle=off", "min_wal_size=2MB", "max_wal_size=1GB",
                                              "checkpoint_timeout=1h", "autovacuum=off"};

int rounds()
{
    const char* wanted = std::getenv("TOLLGATE_DISK_ROUNDS");
    return wanted == nullptr ? 3 : std::max(1, std::atoi(wanted));
}

/// Never full.
std::uint64_t large_disk()
{
    return 512 * mebibyte + static_cast<std::uint64_t>(rounds()) * (rows_of_round + wal_of_round);
}

std::vector<std::size_t> first_of(std::vector<std::size_t> which, std::size_t count)
{
    which.resize(std::min(which.size(), count));
    return which;
}

/// A shop with cards, and the server whose disks run full.
class Shop {
public:
    explicit Shop(const std::string& database_url)
        : bed_({.bin = TOLLGATE_BIN_DIR,
                .database_url = database_url,
                .network_timeout = std::to_string(network_timeout.count()) + "ms",
                .link_options = "undo_budget = \"100ms\"\n"}),
          ids_(wall_clock_us(), wall_clock_us()),
          imported_(import_cards(bed_, ids_, card_count, Amount{money, "JPY"}))
    {
        std::cout << "seed " << ids_.seed() << std::endl;
    }

    void start(const std::string& log_file)
    {
        host_ = std::make_unique<ChildHost>(ChildHost::Settings{
            TOLLGATE_BIN_DIR "/tollgated", bed_.folder() + "/tollgated.toml", log_file, {}});
    }
    void start() { start(bed_.folder() + "/tollgated.log"); }

    [[nodiscard]] Load new_load(std::size_t count)
    {
        return {*side().model, ids_, {imported_.cards, price, count}};
    }

    /// Gives up waiting when every answer that could still come would be too late.
    std::size_t send(Load& load, const std::vector<std::size_t>& which)
    {
        return load.send(which, host_->address(side().links.front()), window, network_timeout);
    }

    /// Again and again what has no answer, until all have one.
    void settle(Load& load)
    {
        constexpr int idle_passes_max = 5; // longer than anything is set aside
        const auto begin = Clock::now();
        std::size_t answers = 0;
        int idle_passes = 0;
        for (auto left = load.unanswered(); !left.empty() && idle_passes < idle_passes_max;
             left = load.unanswered()) {
            const std::size_t came = send(load, left);
            answers += came;
            idle_passes = came == 0 ? idle_passes + 1 : 0;
        }
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
        std::cout << "  " << answers << " answers in the " << took.count() << " ms after it" << std::endl;
        CHECK(load.unanswered().empty());
    }

    void serves()
    {
        Load load = new_load(card_count);
        REQUIRE(send(load, load.unanswered()) == card_count);
        for (const LoadMessage& message : load.messages()) REQUIRE(message.answers.front().code == "00");
        count(load);
    }

    /// Every card has paid for what was approved, and for nothing else.
    void count(const Load& load)
    {
        for (const LoadMessage& message : load.messages())
            if (!message.answers.empty() && message.answers.front().code == "00") ++approved_[message.card];
    }
    void check_balances()
    {
        for (std::size_t card = 0; card < card_count; ++card) {
            CAPTURE(card);
            const auto account = imported_.first_account + static_cast<std::int64_t>(card);
            CHECK(bed_.office().balance_minor(account) == money - approved_[card]);
        }
    }

    void close_books()
    {
        CHECK(host_->is_running());
        CHECK(host_->stop() == 0);
        check_balances();
        const auto books = bed_.office().check_books();
        INFO(books.text);
        CHECK(books.status == 0);
    }

    [[nodiscard]] ChildHost& host() { return *host_; }

private:
    [[nodiscard]] const Side& side() const { return bed_.sides()[ids_.seed() % 2]; }

    TestBed bed_;
    RunIds ids_;
    ImportedCards imported_;
    std::unique_ptr<ChildHost> host_;
    std::map<std::size_t, std::int64_t> approved_;
};

struct Count {
    std::size_t approved = 0;
    std::size_t unavailable = 0;
    std::size_t unanswered = 0;
};

Count count_of(const Load& load)
{
    Count count{.unanswered = load.unanswered().size()};
    for (const LoadMessage& message : load.messages()) {
        if (message.answers.empty()) continue;
        ++(message.answers.front().code == "00" ? count.approved : count.unavailable);
    }
    return count;
}

std::ostream& operator<<(std::ostream& out, const Count& count)
{
    return out << count.approved << " approved, " << count.unavailable << " answered 91 or 96, "
               << count.unanswered << " unanswered";
}

/// A full disk is nobody's fault at the till: approved, or not now. All answers of a key are the same.
void check_answers(const Load& load)
{
    for (const LoadMessage& message : load.messages()) {
        CAPTURE(message.stan);
        for (const LoadMessage::Seen& seen : message.answers) {
            CAPTURE(seen.code);
            CHECK((seen.code == "00" || seen.code == "91" || seen.code == "96"));
            CHECK(seen.code == message.answers.front().code);
            CHECK(seen.approval == message.answers.front().approval);
        }
    }
}

/// Sells until `has_failed`, portion by portion.
template <class HasFailed> void sell_until(Shop& shop, Load& load, const HasFailed& has_failed)
{
    const auto end = Clock::now() + patience;
    while (!has_failed()) {
        REQUIRE_FALSE(load.unanswered().empty());
        REQUIRE(Clock::now() < end);
        shop.send(load, first_of(load.unanswered(), portion));
    }
}

/// Empty segments that stand ready would be room for thousands of sales.
void use_up_segments(const OwnCluster& cluster)
{
    while (cluster.sql("select max(name) > pg_walfile_name(pg_current_wal_lsn()) from pg_ls_waldir()") == "t")
        cluster.sql("select pg_logical_emit_message(false, '', ''), pg_switch_wal()");
    cluster.sql("checkpoint");
}

/// All that were refused, and some of those that were approved.
std::vector<std::size_t> asked_again(const Load& load)
{
    std::vector<std::size_t> which;
    for (const std::size_t i : load.answered(1))
        if (i % 10 == 0 || load.messages()[i].answers.front().code != "00") which.push_back(i);
    return which;
}

/// What was answered is asked again: it is answered the same, or not at all. Then the books.
void check_round(Shop& shop, Load& load)
{
    shop.settle(load);
    shop.send(load, asked_again(load));
    check_answers(load);
    shop.count(load);
    shop.serves();
    shop.check_balances();
}

/// Where PostgreSQL lives, and a small disk for the part of it that runs full. The rest is in memory, too: it
/// is fast, and what dies here is PostgreSQL, not the machine.
struct Disks {
    /// kept   bytes of the small one that stay in use
    Disks(const ScratchFolder& scratch, std::uint64_t kept)
        : cluster(scratch.make("cluster"), large_disk()), small(scratch.make("small"), small_disk + kept)
    {
    }
    LimitedDisk cluster;
    LimitedDisk small;
};

/// Nothing when this machine does not allow them; then ctest shows the test as skipped.
std::unique_ptr<Disks> limited_disks(const ScratchFolder& scratch, std::uint64_t kept = 0)
{
    try {
        return std::make_unique<Disks>(scratch, kept);
    } catch (const test::NoLimitedDisk& why) {
        std::cout << "skipped: " << why.what() << std::endl;
        return nullptr;
    }
}

} // namespace

TEST_CASE("disk full: without room for WAL PostgreSQL dies, and no answer was or becomes wrong")
{
    const ScratchFolder scratch;
    const auto disks = limited_disks(scratch);
    if (!disks) return;
    OwnCluster cluster({scratch.make("cluster/all"), scratch.make("small/wal"), no_checkpoints});
    Shop shop(cluster.url());
    shop.start();
    shop.serves();

    for (int round = 1; round <= rounds(); ++round) {
        use_up_segments(cluster);
        Load load = shop.new_load(sales_per_round);
        shop.send(load, first_of(load.unanswered(), portion));
        const std::size_t panics = cluster.logged("PANIC");
        // It may restart by itself and find a little room; until there is none for that, too.
        sell_until(shop, load, [&] {
            disks->small.fill();
            return !cluster.is_running();
        });
        CHECK(cluster.logged("PANIC") > panics);
        const Count at_end = count_of(load);

        shop.send(load, first_of(load.unanswered(), portion));
        CHECK(count_of(load).approved == at_end.approved); // nobody was there who could approve
        CHECK(cluster.start() == OwnCluster::Started::no); // a restart alone does not help
        std::cout << "round " << round << ": " << count_of(load) << std::endl;

        disks->small.make_room();
        REQUIRE(cluster.start() == OwnCluster::Started::yes);
        check_round(shop, load);
    }
    shop.close_books();
}

TEST_CASE("disk full: without room for rows a statement fails, and no answer was or becomes wrong")
{
    const ScratchFolder scratch;
    const auto disks = limited_disks(scratch, static_cast<std::uint64_t>(rounds()) * rows_of_round);
    if (!disks) return;
    OwnCluster cluster({scratch.make("cluster/all"), "", no_checkpoints});
    cluster.sql("create tablespace small location '" + scratch.make("small/tables") + "'");
    cluster.sql("alter system set default_tablespace = small");
    cluster.sql("select pg_reload_conf()");
    Shop shop(cluster.url());
    REQUIRE(cluster.sql("select spcname from pg_tables t join pg_tablespace s on s.spcname = t.tablespace"
                        " where tablename = 'account'") == "small");
    shop.start();
    shop.serves();

    for (int round = 1; round <= rounds(); ++round) {
        Load load = shop.new_load(sales_per_round);
        shop.send(load, first_of(load.unanswered(), portion));
        const std::size_t failures = cluster.logged("No space left on device");
        disks->small.fill();
        sell_until(shop, load, [&] { return cluster.logged("No space left on device") > failures; });
        shop.send(load, first_of(load.unanswered(), portion));
        std::cout << "round " << round << ": " << count_of(load) << std::endl;

        disks->small.make_room();
        check_round(shop, load);
    }
    CHECK(cluster.logged("PANIC") == 0);
    CHECK(cluster.is_running());
    shop.close_books();
}

TEST_CASE("disk full: without room for its log tollgated serves on")
{
    const ScratchFolder scratch;
    const auto disks = limited_disks(scratch);
    if (!disks) return;
    OwnCluster cluster({scratch.make("cluster/all"), "", {}});
    Shop shop(cluster.url());
    disks->small.fill();
    shop.start(disks->small.folder() + "/tollgated.log");

    for (int round = 1; round <= rounds(); ++round) {
        Load load = shop.new_load(sales_per_round / 10);
        REQUIRE(shop.send(load, load.unanswered()) == load.messages().size());
        CHECK(count_of(load).approved == load.messages().size());
        shop.count(load);
    }
    shop.close_books();
}
