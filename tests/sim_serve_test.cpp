// A serving network on real connections: a scripted issuer behind a chaos proxy, or one that dials.
#include "tests/support/serving.hpp"

#include <boost/json.hpp>

using namespace test::serving;

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
