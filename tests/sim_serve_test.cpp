// A serving network on real connections: a scripted issuer behind a chaos proxy, or one that dials.
#include "codec/decode.hpp"
#include "sim/chaos_proxy.hpp"
#include "sim/serve_network.hpp"
#include "tests/support/fake_host.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

using namespace sim;

namespace {

using End = ServeNetwork::End;
using Outcome = SettlementLine::Outcome;
using std::chrono::milliseconds;

constexpr std::chrono::seconds patience{30};

/// A folder of its own, removed at the end.
struct Folder {
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "tollgate-serve-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    /// All lines of all files, by name of file.
    [[nodiscard]] std::vector<SettlementLine> lines() const
    {
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        std::vector<SettlementLine> all;
        for (const auto& file : files) {
            std::stringstream text;
            text << std::ifstream(file).rdbuf();
            const SettlementDay day = parse_settlement(text.str());
            all.insert(all.end(), day.lines.begin(), day.lines.end());
        }
        return all;
    }
    std::filesystem::path path;
};

std::size_t count(const std::vector<SettlementLine>& lines, Outcome outcome)
{
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const SettlementLine& line) { return line.outcome == outcome; }));
}

std::int64_t owed(const std::vector<SettlementLine>& lines)
{
    std::int64_t sum = 0;
    for (const SettlementLine& line : lines) sum += owed_minor(line);
    return sum;
}

ServePlan plan(std::uint64_t requests)
{
    ServePlan made;
    made.rate = 1'000;
    made.count = requests;
    made.cards = {{"4000000000000002", "3512"}};
    return made;
}

ServeNetwork::Settings settings(const Folder& folder, std::vector<Address> addresses,
                                ServeLinks::Side side = ServeLinks::Side::dials)
{
    ServeNetwork::Settings made;
    made.role.timeout = milliseconds(200);
    made.role.saf.links = addresses.size();
    made.role.saf.pauses = {milliseconds(50)};
    made.links.side = side;
    made.links.addresses = std::move(addresses);
    made.links.reconnect_first = milliseconds(10);
    made.links.reconnect_max = milliseconds(10);
    made.settlement_folder = folder.path;
    made.drain = patience;
    return made;
}

/// An issuer that keeps books, and a proxy with rules in front of it.
struct Issuer {
    explicit Issuer(const std::vector<std::string>& rules)
    {
        AccountGiven account;
        account.balance = Amount{100'000, "JPY"};
        (void)books.open_account(account);
        proxy = proxy_with(rules, strikes);
    }

    /// One more in front of it.
    [[nodiscard]] std::unique_ptr<ChaosProxy> proxy_with(const std::vector<std::string>& rules,
                                                         std::ostream& out)
    {
        ChaosProxy::Settings made;
        made.listen = {"127.0.0.1", 0};
        made.server = host.address("");
        made.dialect = std::shared_ptr<const codec::Dialect>(network, &network->dialect());
        made.form = network->wire_form();
        for (const std::string& rule : rules) made.rules.push_back(parse_chaos_rule(rule, 1));
        return std::make_unique<ChaosProxy>(std::move(made), out);
    }

    std::optional<codec::Message> answer(const codec::Message& request)
    {
        auto reply = books.answer(request);
        if (request.get(70) == "001" && refusals-- > 0) reply->set(39, "91");
        return reply;
    }

    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    test::FakeBooks books;
    std::atomic<int> refusals{0}; ///< of sign-ons that are still to come
    test::FakeHost host{network->dialect(), [this](const codec::Message& m) { return answer(m); }};
    std::ostringstream strikes;
    std::unique_ptr<ChaosProxy> proxy;
};

/// Neither a folder nor a place for one.
void put_file_in_place_of(const std::filesystem::path& folder)
{
    std::filesystem::remove_all(folder);
    std::ofstream(folder) << "in the way";
}

/// The rows that were told as events, put together.
std::string rows_in(const std::string& events)
{
    std::istringstream each(events);
    std::string rows;
    for (std::string line; std::getline(each, line);) {
        const auto event = boost::json::parse(line).as_object();
        if (event.at("event") == "settlement_row") rows += std::string(event.at("row").as_string()) + "\n";
    }
    return rows;
}

std::size_t count(const std::string& text, const std::string& part)
{
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

bool serve_all(ServeNetwork& network)
{
    return network.run_until([&] { return network.role().has_begun_all() && network.role().is_settled(); },
                             Clock::now() + patience);
}

} // namespace

TEST_CASE("serve: what was agreed is in the settlement file, and the issuer's balance says the same")
{
    Issuer issuer({});
    const Folder folder;
    std::ostringstream events;
    {
        ServeNetwork network(issuer.network, plan(50), settings(folder, {issuer.proxy->address()}), events);
        REQUIRE(serve_all(network));
        CHECK(network.end() == End::settled);
    }
    const auto lines = folder.lines();
    CHECK(count(lines, Outcome::approved) == 50);
    CHECK(issuer.books.balance_minor(1) == 100'000 - owed(lines));
    CHECK(events.str().find("4000000000000002") == std::string::npos);
    std::istringstream each(events.str());
    for (std::string line; std::getline(each, line);) CHECK(boost::json::parse(line).is_object());
}

TEST_CASE("serve: a lost answer is reversed, again and again and over a new connection")
{
    // The answer of the fifth sale is lost, the reversal dies with its connection, then two acknowledgements
    // are lost.
    Issuer issuer({"mti=0210 && n=5: drop", "mti=0420 && n=1: cut after 9", "mti=0430 && n<3: drop"});
    const Folder folder;
    std::ostringstream events;
    ServeNetwork network(issuer.network, plan(10), settings(folder, {issuer.proxy->address()}), events);
    REQUIRE(serve_all(network));
    CHECK(network.end() == End::settled);
    const auto lines = folder.lines();
    CHECK(network.links().counts().ups >= 2);
    CHECK(network.role().saf().repeats() >= 3);
    REQUIRE(lines.size() == 10);
    CHECK(count(lines, Outcome::reversed) >=
          1); // what was unanswered when the connection broke is reversed, too
    CHECK(std::all_of(lines.begin(), lines.end(), [](const auto& line) { return line.is_acknowledged; }));
    CHECK(issuer.books.balance_minor(1) == 100'000 - owed(lines));
}

TEST_CASE("serve: two links share the traffic, and one of them is enough")
{
    Issuer issuer({});
    std::ostringstream strikes;
    const auto second =
        issuer.proxy_with({"mti=0800 && management=301: drop"}, strikes); // no echo is answered
    const Folder folder;
    std::ostringstream events;
    auto made = settings(folder, {issuer.proxy->address(), second->address()});
    made.links.echo_interval = milliseconds(20);
    made.links.answer_timeout = milliseconds(20);
    made.links.misses_max = 2;
    ServeNetwork network(issuer.network, plan(40), made, events);
    REQUIRE(network.run_until([&] { return network.links().counts().downs > 0; }, Clock::now() + patience));
    REQUIRE(serve_all(network));
    CHECK(network.end() == End::settled);
    const auto lines = folder.lines();
    CHECK(issuer.books.balance_minor(1) == 100'000 - owed(lines));
    CHECK(network.links().counts().echoes_missed >= 2);
    CHECK(strikes.str().find("\"struck\"") != std::string::npos);
}

TEST_CASE("serve: what happened while the issuer was away is advised when it is back")
{
    Issuer issuer({"mti=0200 && n=1: cut after 0"}); // the first sale dies with its connection
    const Folder folder;
    std::ostringstream events;
    ServePlan given = plan(30);
    given.stand_in = StandIn{1'000, 100'000};
    auto made = settings(folder, {issuer.proxy->address()});
    made.links.reconnect_first = milliseconds(60); // the issuer stays away for a while
    made.links.reconnect_max = milliseconds(60);
    ServeNetwork network(issuer.network, given, made, events);
    REQUIRE(serve_all(network));
    CHECK(network.end() == End::settled);
    const auto lines = folder.lines();
    CHECK(count(lines, Outcome::advised) >= 1);
    CHECK(count(lines, Outcome::advised) == network.role().counts().stood_in);
    CHECK(network.role().counts().acknowledged ==
          count(lines, Outcome::advised) + count(lines, Outcome::reversed));
    // The scripted issuer books an advice as it books a sale.
    CHECK(issuer.books.balance_minor(1) == 100'000 - owed(lines));
}

TEST_CASE(
    "serve: an issuer that dials is signed on, answered and cut over, and its sign-off stops the traffic")
{
    const auto model = network_named("iso-single-message");
    const Folder folder;
    std::ostringstream events;
    ServePlan given = plan(0); // no end
    auto made = settings(folder, {{"127.0.0.1", 0}}, ServeLinks::Side::listens);
    made.role.timeout = std::chrono::minutes(1);
    ServeNetwork network(model, given, made, events);

    ServeWriter writer(*model, 1);
    std::vector<std::string> got; // by the issuer: MTI and DE70
    std::vector<Bytes> sales;
    Wire issuer(model->wire_form(),
                {[&](const std::string&, std::span<const std::uint8_t> bytes) {
                     const codec::Message message = codec::decode(model->dialect(), bytes).value();
                     got.push_back(std::string(message.mti().text()) + std::string(message.get(70)));
                     if (message.mti().text() == "0200") sales.emplace_back(bytes.begin(), bytes.end());
                 },
                 [](const std::string&) {}});
    const auto has = [&](const std::string& what) {
        const auto end = Clock::now() + patience;
        while (std::find(got.begin(), got.end(), what) == got.end() && Clock::now() < end) {
            (void)network.run_until([] { return false; }, Clock::now() + milliseconds(2));
            (void)issuer.run_until([] { return false; }, Clock::now() + milliseconds(2));
        }
        return std::find(got.begin(), got.end(), what) != got.end();
    };
    issuer.connect("link", network.links().addresses().front());
    (void)network.run_until([] { return false; }, Clock::now() + milliseconds(20));
    CHECK(sales.empty()); // nobody has signed on
    issuer.send("link", writer.encoded(writer.management("001")));
    CHECK(has("0810001"));
    CHECK(has("0200"));
    network.cut_over();
    CHECK(has("0800201"));
    issuer.send("link", writer.encoded(writer.management("301")));
    CHECK(has("0810301"));
    issuer.send("link", writer.encoded(writer.management("002")));
    CHECK(has("0810002"));
    CHECK_FALSE(network.links().is_up(0));
    const auto requests = network.role().counts().requests;
    (void)network.run_until([] { return false; }, Clock::now() + milliseconds(20));
    CHECK(network.role().counts().requests == requests);
    CHECK(network.role().counts().stand_in_declined > 0);
    CHECK(folder.lines().empty()); // no answer was given
}

TEST_CASE("serve: a refused or unanswered sign-on ends its connection, and another one is tried")
{
    struct Row {
        const char* rule;
        int refusals;
    };
    for (const Row& row : {Row{"mti=0810 && n<3: drop", 0}, Row{"mti=0810: pass", 2}}) {
        CAPTURE(row.rule);
        Issuer issuer({row.rule});
        issuer.refusals = row.refusals;
        const Folder folder;
        std::ostringstream events;
        auto made = settings(folder, {issuer.proxy->address()});
        made.links.answer_timeout = milliseconds(30);
        ServeNetwork network(issuer.network, plan(1), made, events);
        REQUIRE(serve_all(network));
        CHECK(network.role().counts().approved == 1);
        CHECK(network.links().counts().ups == 1);
        CHECK(network.end() == End::settled);
    }
}

TEST_CASE("serve: days that cannot be written wait, are told once, and are written when that is possible")
{
    Issuer issuer({});
    const Folder folder;
    std::ostringstream events;
    auto made = settings(folder, {issuer.proxy->address()});
    made.settlement_retry = milliseconds(5);
    ServeNetwork network(issuer.network, plan(60), made, events);
    put_file_in_place_of(folder.path);
    const auto approved = [&](std::uint64_t number) {
        return network.run_until([&] { return network.role().counts().approved >= number; },
                                 Clock::now() + patience);
    };
    REQUIRE(approved(20));
    network.cut_over();
    REQUIRE(approved(40));
    network.cut_over();
    REQUIRE(serve_all(network));
    network.tell_state();
    CHECK(count(events.str(), R"("event":"settlement_put_off")") == 2);
    CHECK(count(events.str(), R"("event":"settlement",)") == 0);
    CHECK(count(events.str(), R"("unwritten":2)") == 1);

    std::filesystem::remove(folder.path);
    REQUIRE(network.run_until([&] { return count(events.str(), R"("event":"settlement",)") == 2; },
                              Clock::now() + patience));
    CHECK(network.end() == End::settled);
    const auto lines = folder.lines();
    CHECK(lines.size() == 60);
    CHECK(issuer.books.balance_minor(1) == 100'000 - owed(lines));
    CHECK(rows_in(events.str()).empty());
}

TEST_CASE("serve: what cannot be written until the end goes out as events, and the end says so")
{
    Issuer issuer({});
    const Folder folder;
    std::ostringstream events;
    auto made = settings(folder, {issuer.proxy->address()});
    made.drain = milliseconds(100);
    ServeNetwork network(issuer.network, plan(30), made, events);
    put_file_in_place_of(folder.path);
    REQUIRE(serve_all(network));
    CHECK(network.end() == End::not_written);
    const SettlementDay day = parse_settlement(rows_in(events.str()));
    CHECK(day.lines.size() == 30);
    CHECK(issuer.books.balance_minor(1) == 100'000 - owed(day.lines));
    std::filesystem::remove(folder.path);
}

TEST_CASE("serve: what is believed is written when nothing can go on")
{
    Issuer issuer({"mti=0210 && n=3: drop"});
    const Folder folder;
    std::ostringstream events;
    auto made = settings(folder, {issuer.proxy->address()});
    made.role.timeout = std::chrono::minutes(1);
    ServeNetwork network(issuer.network, plan(5), made, events);
    REQUIRE(
        network.run_until([&] { return network.role().counts().approved == 4; }, Clock::now() + patience));
    network.rescue();
    const auto lines = folder.lines();
    CHECK(count(lines, Outcome::approved) == 4);
    CHECK(count(lines, Outcome::reversed) == 1);
}

TEST_CASE("serve: an approval that would end a column of the settlement file costs no day")
{
    const auto network_model = network_named("iso-single-message");
    test::FakeBooks books;
    AccountGiven account;
    account.balance = Amount{100'000, "JPY"};
    (void)books.open_account(account);
    test::FakeHost host{network_model->dialect(), [&](const codec::Message& request) {
                            auto reply = books.answer(request);
                            if (reply->has(38)) reply->set(38, "A,\"\r\n1");
                            return reply;
                        }};
    const Folder folder;
    std::ostringstream events;
    ServeNetwork network(network_model, plan(3), settings(folder, {host.address("")}), events);
    REQUIRE(serve_all(network));
    CHECK(network.end() == End::settled);
    const auto lines = folder.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].approval == "A????1");
}
