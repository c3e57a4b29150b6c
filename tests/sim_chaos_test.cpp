#include "codec/decode.hpp"
#include "sim/chaos_command.hpp"
#include "sim/chaos_proxy.hpp"
#include "sim/network_model.hpp"
#include "sim/terminal.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/plain_ends.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

using namespace sim;

namespace {

constexpr std::chrono::seconds patience{30};

/// A shop, a chaos proxy with rules, and a host that answers everything.
struct Street {
    explicit Street(const std::vector<std::string>& texts)
    {
        ChaosProxy::Settings settings;
        settings.listen = {"127.0.0.1", 0};
        settings.server = host.address("");
        settings.dialect = std::shared_ptr<const codec::Dialect>(network, &network->dialect());
        settings.form = network->wire_form();
        for (const std::string& text : texts) settings.rules.push_back(parse_chaos_rule(text, 1));
        proxy = std::make_unique<ChaosProxy>(std::move(settings), events);
        wire.connect("shop", proxy->address());
    }

    codec::Message answer(const codec::Message& request)
    {
        const std::lock_guard lock(mutex);
        asked_.emplace_back(request.get(11));
        codec::Message reply(codec::answer_to(request.mti()));
        for (const int de : {7, 11, 70}) reply.echo(de, request);
        reply.set(39, "00");
        return reply;
    }
    std::vector<std::string> asked()
    {
        const std::lock_guard lock(mutex);
        return asked_;
    }
    void send(int count)
    {
        for (int i = 0; i < count; ++i) {
            Send echo;
            echo.kind = "echo";
            echo.as = "echo";
            Exchange& exchange = terminal.write(echo, nullptr);
            stans.emplace_back(exchange.request.get(11));
            wire.send("shop", terminal.add_delivery(exchange, "shop", {}, false).request);
        }
    }
    bool wait_for_answers(std::size_t count)
    {
        return wire.run_until([&] { return got.size() >= count; }, Clock::now() + patience);
    }
    bool wait_until_closed()
    {
        return wire.run_until([&] { return is_closed; }, Clock::now() + patience);
    }
    /// Ends the proxy.
    /// returns  the last of its lines
    boost::json::object counts()
    {
        proxy.reset();
        std::istringstream lines(events.str());
        std::string last;
        for (std::string line; std::getline(lines, line);) last = line;
        return boost::json::parse(last).as_object();
    }

    std::mutex mutex;
    std::vector<std::string> asked_; ///< STANs as the host got them
    std::vector<std::string> stans;  ///< as they were sent
    std::vector<std::string> got;    ///< STANs of answers
    bool is_closed = false;
    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    test::FakeHost host{network->dialect(), [this](const codec::Message& m) { return answer(m); }};
    RunIds ids{1, 1};
    Terminal terminal{*network, ids, "T0000001"};
    std::ostringstream events;
    std::unique_ptr<ChaosProxy> proxy;
    Wire wire{network->wire_form(),
              {[this](const std::string&, std::span<const std::uint8_t> bytes) {
                   const auto decoded = codec::decode(network->dialect(), bytes);
                   if (decoded) got.emplace_back(decoded->get(11));
               },
               [this](const std::string&) { is_closed = true; }}};
};

} // namespace

TEST_CASE("chaos: drop takes the answer that is meant, and no other")
{
    Street street({"dir=answer && n=2: drop"});
    street.send(3);
    REQUIRE(street.wait_for_answers(2));
    CHECK(street.got == std::vector{street.stans[0], street.stans[2]});
    CHECK(street.asked() == street.stans);
}

TEST_CASE("chaos: duplicate asks the host twice")
{
    Street street({"mti=0800 && n=1: duplicate"});
    street.send(1);
    REQUIRE(street.wait_for_answers(2));
    CHECK(street.asked() == std::vector{street.stans[0], street.stans[0]});
}

TEST_CASE("chaos: what is delayed or reordered is overtaken, what is held is not")
{
    for (const char* rule : {"dir=request && n=1: delay 300ms", "dir=request && n=1: reorder"}) {
        CAPTURE(rule);
        Street street({rule});
        street.send(2);
        REQUIRE(street.wait_for_answers(2));
        CHECK(street.asked() == std::vector{street.stans[1], street.stans[0]});
    }
    Street street({"dir=request && n=1: hold 50ms"});
    street.send(2);
    REQUIRE(street.wait_for_answers(2));
    CHECK(street.asked() == street.stans);
}

TEST_CASE("chaos: held is held for its time")
{
    Street street({"dir=request && n=1: hold 80ms"});
    const auto begin = Clock::now();
    street.send(1);
    REQUIRE(street.wait_for_answers(1));
    CHECK(Clock::now() - begin >= std::chrono::milliseconds(80)); // it cannot be earlier
}

TEST_CASE("chaos: pause lets the message pass, and what comes later when its time is over")
{
    Street street({"dir=request && n=1: pause 80ms"});
    const auto begin = Clock::now();
    street.send(1);
    REQUIRE(street.wait_for_answers(1));
    street.send(1);
    REQUIRE(street.wait_for_answers(2));
    CHECK(Clock::now() - begin >= std::chrono::milliseconds(80)); // it cannot be earlier
}

TEST_CASE("chaos: cut breaks the connection in the middle of a message")
{
    Street street({"dir=request && n=2: cut after 7"});
    street.send(1);
    REQUIRE(street.wait_for_answers(1));
    street.send(1);
    REQUIRE(street.wait_until_closed());
    CHECK(street.asked() == std::vector{street.stans[0]});
}

TEST_CASE("chaos: flip makes a message unreadable, and a byte that is not there harms nobody")
{
    Street street({"dir=answer && n=1: flip byte 1", "dir=answer && n=1: flip byte 60000"});
    street.send(3);
    REQUIRE(street.wait_for_answers(2));
    CHECK(street.got == std::vector{street.stans[1], street.stans[2]});
}

TEST_CASE("chaos: half-close ends one direction behind the message")
{
    Street street({"dir=answer && n=1: half-close"});
    street.send(1);
    REQUIRE(street.wait_until_closed());
    CHECK(street.got == street.stans);
}

TEST_CASE("chaos: who has sent its last byte still gets its answers, unless a rule says otherwise")
{
    struct Row {
        const char* name;
        std::vector<std::string> rules;
    };
    const Row rows[] = {
        {"no rule", {}},
        {"a rule for others", {"mti=0200: drop"}},
        {"a rule that holds it back", {"dir=request: delay 20ms"}},
    };
    const auto network = network_named("iso-single-message");
    for (const Row& row : rows) {
        CAPTURE(row.name);
        test::OpenPlace place;
        ChaosProxy::Settings settings;
        settings.listen = {"127.0.0.1", 0};
        settings.server = place.address();
        settings.dialect = std::shared_ptr<const codec::Dialect>(network, &network->dialect());
        settings.form.framing = test::framing;
        for (const std::string& rule : row.rules) settings.rules.push_back(parse_chaos_rule(rule, 1));
        std::ostringstream events;
        const ChaosProxy proxy(std::move(settings), events);
        test::End shop(proxy.address());
        test::End server(place.acceptor());
        REQUIRE(shop.send(test::message_of(50, 1)));
        shop.end();
        CHECK(server.receive() == test::message_of(50, 1));
        REQUIRE(server.sees_the_end()); // and answers no sooner
        REQUIRE(server.send(test::message_of(50, 2)));
        CHECK(shop.receive() == test::message_of(50, 2));
    }
}

TEST_CASE("chaos: a server that is away is told once, whoever asks for it")
{
    const auto network = network_named("iso-single-message");
    test::Place place;
    ChaosProxy::Settings settings;
    settings.listen = {"127.0.0.1", 0};
    settings.server = place.address();
    settings.dialect = std::shared_ptr<const codec::Dialect>(network, &network->dialect());
    settings.form.framing = test::framing;
    std::ostringstream events;
    {
        const ChaosProxy proxy(std::move(settings), events);
        for (int i = 0; i < 2; ++i) CHECK(test::End(proxy.address()).sees_a_break());
        place.listen();
        test::End shop(proxy.address());
        test::End server(place.acceptor());
        REQUIRE(shop.send(test::message_of(50, 1)));
        CHECK(server.receive() == test::message_of(50, 1));
    }
    const std::string server = text_of(place.address());
    std::istringstream lines(events.str());
    std::string line;
    std::getline(lines, line); // listening
    std::getline(lines, line);
    CHECK(line == R"({"event":"server_lost","server":")" + server + R"(","why":"Connection refused"})");
    std::getline(lines, line);
    CHECK(line == R"({"event":"server_found","server":")" + server + R"("})");
    std::getline(lines, line);
    CHECK(line.starts_with(R"({"event":"counts")"));
}

TEST_CASE("chaos: the first rule that fits is applied, and all strikes are counted")
{
    Street street({"stan=999999: drop", "dir=answer && every=2: drop", "dir=answer: pass"});
    street.send(4);
    REQUIRE(street.wait_for_answers(2));
    REQUIRE(street.wire.run_until([&] { return street.asked().size() == 4; }, Clock::now() + patience));
    street.send(1);
    REQUIRE(street.wait_for_answers(3)); // the fourth answer has passed the proxy before the fifth
    const auto counts = street.counts();
    CHECK(counts.at("event") == "counts");
    CHECK(counts.at("from_client") == 5);
    CHECK(counts.at("from_server") == 5);
    CHECK(counts.at("sender_waits") == 0);
    const auto& rules = counts.at("rules").as_array();
    REQUIRE(rules.size() == 3);
    CHECK(rules[0].at("strikes") == 0);
    CHECK(rules[1].at("strikes") == 2);
    CHECK(rules[2].at("strikes") == 3);
}

TEST_CASE("chaos: events are JSON lines without card data")
{
    Street street({"mti=0200: drop", "mti=0800: pass"});
    Send sale;
    sale.kind = "sale";
    sale.as = "sale";
    sale.amount = Amount{100, "JPY"};
    const CardInHand card{"4000000000000002", "3512"};
    Exchange& exchange = street.terminal.write(sale, &card);
    street.wire.send("shop", street.terminal.add_delivery(exchange, "shop", {}, false).request);
    street.send(1);
    REQUIRE(street.wait_for_answers(1));
    (void)street.counts();
    const std::string text = street.events.str();
    CHECK(text.find("4000000000000002") == std::string::npos);
    CHECK(text.find(R"("rule":1,"action":"drop","connection":0,"from":"client","number":0,"mti":"0200")") !=
          std::string::npos);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) CHECK(boost::json::parse(line).is_object());
}

TEST_CASE("chaos: the command works for its time, and shows where a rule is wrong")
{
    ChaosOptions options;
    options.listen = "127.0.0.1:0";
    options.connect = "127.0.0.1:1";
    options.run_for = "10ms";
    options.rules = {"mti=0200: drop"};
    std::ostringstream out;
    std::ostringstream err;
    CHECK(run_chaos(options, out, err) == Exit::done);
    CHECK(out.str().find(R"("event":"listening")") != std::string::npos);
    CHECK(out.str().find(R"("event":"counts")") != std::string::npos);
    CHECK(err.str().empty());

    options.rules.emplace_back("mti=0200 && stam=1: drop");
    CHECK(run_chaos(options, out, err) == Exit::usage);
    CHECK(err.str() == "tollgate-sim: rule 2, character 13: unknown name \"stam\" (did you mean \"stan\"?)\n"
                       "mti=0200 && stam=1: drop\n"
                       "            ^\n");
    options.rules = {"n=1: drop"};
    options.framing = "none";
    CHECK_THROWS((void)run_chaos(options, out, err));
    options.framing = "be16";
    options.run_for = "soon";
    CHECK_THROWS_AS((void)run_chaos(options, out, err), std::invalid_argument);
}
