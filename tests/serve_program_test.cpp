// A network of ours and a real server: what the network's settlement file says is what the books say.
#include "sim/auditor_books.hpp"
#include "sim/card_file.hpp"
#include "sim/child_process.hpp"
#include "sim/proxy.hpp"
#include "sim/serve_network.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/resource.h>
#include <unistd.h>

using namespace sim;

namespace {

using Outcome = SettlementLine::Outcome;
using std::chrono::milliseconds;

constexpr std::chrono::seconds patience{60};
constexpr std::size_t card_count = 5;
constexpr std::int64_t opening_minor = 50'000;

/// A database, a server's surroundings, and cards in a file.
struct Town {
    Town()
    {
        std::ofstream out(cards_file);
        out << "pan,expiry,currency,balance\n";
        for (std::size_t i = 0; i < card_count; ++i)
            out << ids.next_pan("999999") << ",2035-12,JPY," << opening_minor << "\n";
        out.close();
        std::filesystem::permissions(cards_file, std::filesystem::perms::owner_read |
                                                     std::filesystem::perms::owner_write);
        (void)bed.office().import_cards(cards_file);
    }

    /// All lines of all settlement files.
    [[nodiscard]] std::vector<SettlementLine> settled() const
    {
        std::vector<SettlementLine> all;
        for (const auto& entry : std::filesystem::directory_iterator(settlement_folder)) {
            std::stringstream text;
            text << std::ifstream(entry.path()).rdbuf();
            const SettlementDay day = parse_settlement(text.str());
            all.insert(all.end(), day.lines.begin(), day.lines.end());
        }
        return all;
    }

    [[nodiscard]] LedgerBooks books() const
    {
        const Finished finished =
            run_program({TOLLGATE_BIN_DIR "/tollgatectl", "--database", database.url(), "tx", "export"}, "");
        REQUIRE(finished.status == 0);
        return parse_books(finished.out);
    }

    const FreshDatabase database{FreshDatabase::Schema::none};
    TestBed bed{{.bin = TOLLGATE_BIN_DIR, .database_url = database.url(), .network_timeout = "2s"}};
    RunIds ids{wall_clock_us(), wall_clock_us()};
    std::string cards_file = bed.folder() + "/network-cards.csv";
    std::string settlement_folder = bed.folder() + "/settlement";
};

/// What the journal calls the transaction.
std::string key_of(const SettlementLine& line)
{
    return line.mti.substr(1, 2) + " " + line.stan + " " + line.transmitted + " " + line.terminal;
}

/// For each group of transactions: what the file and what the postings say that its accounts were given.
void check_agreement(const std::vector<SettlementLine>& lines, const LedgerBooks& books)
{
    std::map<std::string, std::string> group_of;
    for (const JournalRow& row : books.journal) group_of.emplace(row.name, row.group);
    std::map<std::string, std::int64_t> agreed;
    for (const SettlementLine& line : lines) {
        const auto group = group_of.find(key_of(line));
        // What was lost with everything that was said of it has moved nothing.
        const std::string name = group == group_of.end() ? key_of(line) : group->second;
        agreed[name] -= owed_minor(line);
    }
    std::map<std::string, std::int64_t> moved;
    for (const PostingRow& posting : books.postings)
        if (agreed.contains(posting.group)) moved[posting.group] += books.moved_minor(posting);
    std::int64_t sum = 0;
    for (const auto& [group, minor] : agreed) {
        CAPTURE(group);
        CHECK(moved[group] == minor);
        sum += minor;
    }
    std::int64_t balances = 0;
    for (const auto& [account, minor] : books.balances) balances += minor;
    CHECK(balances == static_cast<std::int64_t>(card_count) * opening_minor + sum);
}

std::size_t count(const std::vector<SettlementLine>& lines, Outcome outcome)
{
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const SettlementLine& line) { return line.outcome == outcome; }));
}

/// Loses answers, and now and then a whole connection.
Treatment mishap(const PassingFrame& frame)
{
    if (frame.number % 7 == 6) return {Treatment::Kind::drop};
    if (frame.number % 41 == 40) return {Treatment::Kind::cut, milliseconds(0), 30};
    return {};
}

} // namespace

TEST_CASE("serve: the settlement file equals the books, whatever was lost and while the issuer was away")
{
    Town town;
    auto host = town.bed.start_host();
    const Side& side = town.bed.sides().front();
    Proxy::Settings proxied;
    proxied.framing = side.model->wire_form().framing;
    proxied.doors = side.links.size();
    proxied.treat = mishap;
    Proxy proxy(std::move(proxied));
    const auto open_doors = [&] {
        for (std::size_t i = 0; i < side.links.size(); ++i) proxy.lead(i, host->address(side.links[i]));
    };
    open_doors();

    ServePlan plan;
    plan.rate = 100;
    plan.amount_min = {1, "JPY"};
    plan.amount_max_minor = 200;
    put_mix("sale=6,refund=1,linked_refund=1,cancel=2", plan);
    plan.cards = read_cards(town.cards_file);
    plan.stand_in = StandIn{1'000, 10'000};
    ServeNetwork::Settings settings;
    settings.role.timeout = std::chrono::seconds(2); // the one that the server knows
    settings.role.saf.links = side.links.size();
    settings.role.saf.pauses = {milliseconds(100), milliseconds(500)};
    settings.links.addresses = {proxy.door(0), proxy.door(1)};
    settings.links.answer_timeout = milliseconds(500);
    settings.links.reconnect_max = milliseconds(200);
    settings.settlement_folder = town.settlement_folder;
    settings.drain = patience;
    std::ostringstream events;
    ServeNetwork network(side.model, plan, settings, events);

    const auto until = [&](auto done) { return network.run_until(done, Clock::now() + patience); };
    REQUIRE(until([&] { return network.role().counts().approved >= 60; }));
    for (std::size_t i = 0; i < side.links.size(); ++i) proxy.lead(i, std::nullopt);
    host->kill_now();
    REQUIRE(until([&] { return network.role().counts().stood_in >= 10; }));
    network.cut_over();
    host->start();
    open_doors();
    REQUIRE(until([&] { return network.role().counts().approved >= 120; }));
    REQUIRE(network.end() == ServeNetwork::End::settled);
    (void)host->stop();

    const auto lines = town.settled();
    CHECK(count(lines, Outcome::approved) >= 120);
    CHECK(count(lines, Outcome::reversed) >= 5);
    CHECK(count(lines, Outcome::advised) >= 10);
    CHECK(network.role().saf().repeats() > 0);
    CHECK(std::all_of(lines.begin(), lines.end(), [](const auto& line) { return line.is_acknowledged; }));
    check_agreement(lines, town.books());
    CHECK(town.bed.office().check_books().status == 0);
}

TEST_CASE("serve: the program cuts over on SIGUSR1, drains and writes on SIGTERM, and tells its state")
{
    Town town;
    const auto host = town.bed.start_host();
    const Side& side = town.bed.sides().front();
    std::vector<std::string> command{TOLLGATE_BIN_DIR "/tollgate-sim",
                                     "serve",
                                     "--cards",
                                     town.cards_file,
                                     "--rate",
                                     "100/s",
                                     "--settlement",
                                     town.settlement_folder,
                                     "--state-every",
                                     "50ms"};
    for (const std::string& link : side.links) {
        command.emplace_back("--connect");
        command.push_back(text_of(host->address(link)));
    }
    ChildProcess program(command, town.bed.folder() + "/serve.log");
    std::string last;
    const auto wait_for = [&](const std::string& part) {
        while (const auto line = program.read_line(patience)) {
            last = *line;
            if (last.find(part) != std::string::npos) return true;
        }
        return false;
    };
    REQUIRE(wait_for(R"("state":"up")"));
    REQUIRE(wait_for(R"("approved":)"));
    program.signal(SIGUSR1);
    REQUIRE(wait_for(R"("event":"settlement")"));
    REQUIRE(wait_for(R"("approved":)"));
    program.signal(SIGTERM);
    REQUIRE(wait_for(R"("event":"settlement")"));
    REQUIRE(wait_for(R"("stored":0)"));
    CHECK(program.wait() == 0);
    const auto lines = town.settled();
    CHECK_FALSE(lines.empty());
    check_agreement(lines, town.books());
}

TEST_CASE(
    "serve: a second signal ends the wait for a server that says nothing, and the file tells what is open")
{
    Town town;
    const auto host = town.bed.start_host();
    const std::string link = text_of(host->address(town.bed.sides().front().links.front()));
    ChildProcess program({TOLLGATE_BIN_DIR "/tollgate-sim", "serve", "--cards", town.cards_file, "--rate",
                          "100/s", "--settlement", town.settlement_folder, "--state-every", "20ms",
                          "--connect", link, "--timeout", "10min", "--drain", "10min"},
                         town.bed.folder() + "/serve.log");
    const auto wait_for = [&](auto fits) {
        while (const auto line = program.read_line(patience))
            if (fits(*line)) return true;
        return false;
    };
    const auto has = [](const std::string& part) {
        return [part](const std::string& line) { return line.find(part) != std::string::npos; };
    };
    REQUIRE(wait_for(has(R"("state":"up")")));
    host->signal(SIGSTOP);
    REQUIRE(wait_for([](const std::string& line) {
        return line.find(R"("in_flight":)") != std::string::npos &&
               line.find(R"("in_flight":0)") == std::string::npos;
    }));
    program.signal(SIGTERM);
    REQUIRE(wait_for(has("draining")));
    program.signal(SIGTERM);
    CHECK(program.wait() == 1);
    host->signal(SIGCONT);
    const auto lines = town.settled();
    CHECK(std::any_of(lines.begin(), lines.end(), [](const auto& line) {
        return line.outcome == Outcome::reversed && !line.is_acknowledged;
    }));
}

TEST_CASE("serve: a full disk costs no day: it is written when there is room, or told on standard output")
{
    Town town;
    const auto host = town.bed.start_host();
    const std::string link = text_of(host->address(town.bed.sides().front().links.front()));
    ChildProcess program({TOLLGATE_BIN_DIR "/tollgate-sim", "serve", "--cards", town.cards_file, "--rate",
                          "100/s", "--settlement", town.settlement_folder, "--state-every", "20ms",
                          "--connect", link, "--drain", "2s"},
                         town.bed.folder() + "/serve.log");
    std::string rows;
    const auto wait_for = [&](const std::string& part) {
        while (const auto line = program.read_line(patience)) {
            const auto event = boost::json::parse(*line).as_object();
            if (event.at("event") == "settlement_row")
                rows += std::string(event.at("row").as_string()) + "\n";
            if (line->find(part) != std::string::npos) return true;
        }
        return false;
    };
    const auto limit_files = [&](rlim_t bytes) {
        rlimit limit{};
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
        limit.rlim_cur = std::min(bytes, limit.rlim_max);
        REQUIRE(::prlimit(program.pid(), RLIMIT_FSIZE, &limit, nullptr) == 0);
    };
    REQUIRE(wait_for(R"("approved":2)"));
    limit_files(0);
    program.signal(SIGUSR1);
    REQUIRE(wait_for(R"("event":"settlement_put_off")"));
    limit_files(RLIM_INFINITY);
    REQUIRE(wait_for(R"("event":"settlement",)"));
    limit_files(0);
    program.signal(SIGTERM);
    REQUIRE(wait_for(R"("unwritten":1)"));
    CHECK(program.wait() == 3);
    auto lines = town.settled();
    CHECK_FALSE(lines.empty());
    const SettlementDay last = parse_settlement(rows);
    lines.insert(lines.end(), last.lines.begin(), last.lines.end());
    check_agreement(lines, town.books());
}

TEST_CASE("serve: a folder into which nothing can be written is refused before anything is sent")
{
    const std::string file = std::filesystem::temp_directory_path() / ("serve-" + std::to_string(::getpid()));
    std::ofstream(file) << "pan,expiry\n4000000000000002,2035-12\n";
    const Finished finished = run_program({TOLLGATE_BIN_DIR "/tollgate-sim", "serve", "--cards", file,
                                           "--listen", "127.0.0.1:0", "--settlement", file},
                                          "");
    std::filesystem::remove(file);
    CHECK(finished.status == 2);
    CHECK(finished.out.empty());
    CHECK(finished.err.find("--settlement: no file can be written: " + file) != std::string::npos);
}

TEST_CASE("serve: a server that dials is signed on, served, and settled as its books say")
{
    Town town;
    const Side& side = town.bed.sides().front();
    ServePlan plan;
    plan.rate = 200;
    plan.count = 50;
    put_mix("sale=8,cancel=1,inquiry=1", plan);
    plan.cards = read_cards(town.cards_file);
    ServeNetwork::Settings settings;
    settings.role.timeout = std::chrono::seconds(2);
    settings.role.saf.links = side.links.size();
    settings.links.side = ServeLinks::Side::listens;
    settings.links.addresses.assign(side.links.size(), {"127.0.0.1", 0});
    settings.settlement_folder = town.settlement_folder;
    settings.drain = patience;
    std::ostringstream events;
    ServeNetwork network(side.model, plan, settings, events);

    std::stringstream config;
    config << std::ifstream(town.bed.folder() + "/tollgated.toml").rdbuf();
    std::string text = config.str();
    for (const Address& address : network.links().addresses()) {
        const std::string listens =
            "listen = \"127.0.0.1:0\"\n"; // of the links of this network, which are first
        text.replace(text.find(listens), listens.size(),
                     "role = \"connect\"\nconnect = [\"" + text_of(address) + "\"]\n");
    }
    const std::string dialling = town.bed.folder() + "/dialling.toml";
    std::ofstream(dialling) << text;
    std::filesystem::permissions(dialling,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    ChildHost host({TOLLGATE_BIN_DIR "/tollgated", dialling, town.bed.folder() + "/dialling.log", {}});

    REQUIRE(network.run_until([&] { return network.role().has_begun_all() && network.role().is_settled(); },
                              Clock::now() + patience));
    CHECK(network.links().is_up(0));
    CHECK(network.links().is_up(1));
    CHECK(network.end() == ServeNetwork::End::settled);
    (void)host.stop();
    const auto lines = town.settled();
    CHECK(lines.size() >= 20);
    check_agreement(lines, town.books());
}

TEST_CASE("serve: the program ends by itself when all that was planned is settled")
{
    Town town;
    const auto host = town.bed.start_host();
    const Side& side = town.bed.sides().front();
    const Finished finished =
        run_program({TOLLGATE_BIN_DIR "/tollgate-sim", "serve", "--cards", town.cards_file, "--rate",
                     "1000/s", "--count", "30", "--settlement", town.settlement_folder, "--connect",
                     text_of(host->address(side.links.front()))},
                    "");
    CHECK(finished.status == 0);
    const auto lines = town.settled();
    CHECK(lines.size() == 30);
    check_agreement(lines, town.books());
    const Finished wrong =
        run_program({TOLLGATE_BIN_DIR "/tollgate-sim", "serve", "--cards", town.cards_file}, "");
    CHECK(wrong.status == 2);
    CHECK(wrong.err.find("--listen or --connect") != std::string::npos);
}
