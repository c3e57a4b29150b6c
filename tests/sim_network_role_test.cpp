// The network's decisions, without sockets: time is what the test says.
#include "codec/decode.hpp"
#include "sim/network_role.hpp"
#include "sim/toml_reader.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace sim;

namespace {

using Outcome = SettlementLine::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A network with two links, and what it has sent.
struct Office {
    explicit Office(ServePlan given = {}, std::size_t capacity = 100)
        : role(*network, with_card(std::move(given)), settings(capacity),
               [this](std::size_t link, std::span<const std::uint8_t> bytes) { keep(link, bytes); })
    {
    }

    static ServePlan with_card(ServePlan plan)
    {
        plan.rate = 1;
        plan.cards = {{"4000000000000002", "3512"}};
        return plan;
    }
    static NetworkRole::Settings settings(std::size_t capacity)
    {
        NetworkRole::Settings made;
        made.timeout = seconds(5);
        made.saf.links = 2;
        made.saf.capacity = capacity;
        made.saf.pauses = {seconds(1), seconds(5)};
        return made;
    }
    void keep(std::size_t link, std::span<const std::uint8_t> bytes)
    {
        codec::Message message = codec::decode(network->dialect(), bytes).value();
        message.own();
        links.push_back(link);
        sent.push_back(message);
    }
    void pass(milliseconds time)
    {
        now += time;
        role.tick(now);
    }
    void answer(const codec::Message& request, const std::string& code, const std::string& de4 = "")
    {
        codec::Message reply(codec::answer_to(request.mti()));
        for (const int de : {7, 11, 41}) reply.set(de, request.get(de));
        reply.set(39, code);
        if (code == "00") reply.set(38, "A1B2C3");
        if (!de4.empty()) reply.set(4, de4);
        role.received(reply);
    }
    [[nodiscard]] std::string mtis() const
    {
        std::string text;
        for (const codec::Message& message : sent)
            text += (text.empty() ? "" : " ") + std::string(message.mti().text());
        return text;
    }

    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    std::vector<codec::Message> sent;
    std::vector<std::size_t> links;
    Clock::time_point now = Clock::now();
    NetworkRole role;
};

ServePlan plan(std::uint64_t count)
{
    ServePlan made;
    made.count = count;
    return made;
}

ServePlan plan_with_stand_in(std::uint64_t count, const StandIn& limits)
{
    ServePlan made = plan(count);
    made.stand_in = limits;
    return made;
}

} // namespace

TEST_CASE("network role: an approval is settled, a decline is not")
{
    Office office(plan(2));
    office.role.link_up(0);
    office.pass(seconds(0));
    office.pass(seconds(1));
    REQUIRE(office.mtis() == "0200 0200");
    office.answer(office.sent[0], "00");
    office.answer(office.sent[1], "51");
    CHECK(office.role.is_settled());
    const auto lines = office.role.take_final();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].outcome == Outcome::approved);
    CHECK(lines[0].approval == "A1B2C3");
    CHECK(lines[0].card == "400000******0002");
    CHECK(lines[0].amount == Amount{100, "JPY"});
    CHECK(office.role.counts().declined == 1);
    CHECK(office.role.take_final().empty());
}

TEST_CASE("network role: what is approved in part is settled with its part, and undone when that is none")
{
    struct Row {
        const char* de4;
        Outcome outcome;
        std::int64_t minor;
    };
    for (const Row& row : {Row{"000000000060", Outcome::approved, 60}, Row{"", Outcome::reversed, 100},
                           Row{"000000000101", Outcome::reversed, 100}}) {
        CAPTURE(row.de4);
        Office office(plan(1));
        office.role.link_up(0);
        office.pass(seconds(0));
        office.answer(office.sent.at(0), "10", row.de4);
        office.pass(milliseconds(1));
        CHECK(office.mtis() == (row.outcome == Outcome::reversed ? "0200 0420" : "0200"));
        office.answer(office.sent.back(), "00"); // to the reversal, if there is one
        CHECK(office.role.is_settled());
        const auto lines = office.role.take_final();
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].outcome == row.outcome);
        CHECK(lines[0].amount.minor == row.minor);
        CHECK(office.role.counts().declined == 0);
    }
}

TEST_CASE("network role: silence becomes a reversal that is repeated until it is acknowledged")
{
    Office office(plan(1));
    office.role.link_up(0);
    office.role.link_up(1);
    office.pass(seconds(0));
    office.pass(milliseconds(4'999));
    CHECK(office.mtis() == "0200");
    office.pass(milliseconds(1));
    CHECK(office.mtis() == "0200 0420");
    CHECK(office.sent[1].get(90) == original_data_of(office.sent[0]));
    CHECK(office.links[1] == office.links[0]);
    office.pass(milliseconds(999));
    CHECK(office.mtis() == "0200 0420");
    office.pass(milliseconds(1));
    CHECK(office.mtis() == "0200 0420 0421");
    office.pass(milliseconds(4'999));
    CHECK(office.mtis() == "0200 0420 0421");
    for (int i = 0; i < 3; ++i) office.pass(seconds(5)); // the last pause is for ever
    CHECK(office.mtis() == "0200 0420 0421 0421 0421 0421");
    CHECK(office.role.take_final().empty());

    office.answer(office.sent[0], "00"); // too late
    CHECK(office.role.counts().late == 1);
    CHECK(office.role.counts().approved == 0);
    office.answer(office.sent[1], "91"); // not now
    CHECK_FALSE(office.role.is_settled());
    CHECK(office.role.counts().put_off == 1);
    office.answer(office.sent[2], "00");
    CHECK(office.role.is_settled());
    const auto lines = office.role.take_final();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].outcome == Outcome::reversed);
    CHECK(lines[0].is_acknowledged);
    CHECK(lines[0].stan == office.sent[0].get(11));
}

TEST_CASE("network role: a stored message survives the links, in order, and takes the one that is there")
{
    Office office(plan(2));
    office.role.link_up(0);
    office.pass(seconds(0));
    office.pass(seconds(1));
    REQUIRE(office.mtis() == "0200 0200");
    office.role.link_down(0);
    office.pass(seconds(5)); // both are reversed, and nobody is there
    CHECK(office.mtis() == "0200 0200");
    CHECK(office.role.saf().size() == 2);
    office.role.link_up(1);
    office.pass(seconds(0));
    CHECK(office.mtis() == "0200 0200 0420");
    CHECK(office.sent[2].get(11) == office.sent[0].get(11));
    CHECK(office.links[2] == 1);
    office.role.link_down(1);
    office.role.link_up(0); // what was under way may be lost with its connection
    office.pass(seconds(0));
    CHECK(office.mtis() == "0200 0200 0420 0421");
    CHECK(office.sent[3].get(11) == office.sent[0].get(11));
    office.answer(office.sent[3], "00");
    office.pass(seconds(0));
    CHECK(office.mtis() == "0200 0200 0420 0421 0420");
    CHECK(office.sent[4].get(11) == office.sent[1].get(11));
    office.answer(office.sent[4], "25");
    CHECK(office.role.is_settled());
    CHECK(office.role.counts().acknowledged == 2);
    CHECK(office.role.counts().acknowledged_otherwise == 1);
}

TEST_CASE("network role: nothing is begun whose reversal would have no room")
{
    Office office(plan(5), 2);
    office.role.link_up(0);
    for (int i = 0; i < 5; ++i) office.pass(milliseconds(i == 0 ? 0 : 1'000));
    CHECK(office.mtis() == "0200 0200");
    CHECK(office.role.counts().held_back == 3);
    office.pass(seconds(10));
    CHECK(office.role.saf().size() == 2);
}

TEST_CASE("network role: while the issuer is away it decides alone, within its limits, and advises later")
{
    Office office(plan_with_stand_in(6, {100, 250}));
    office.pass(seconds(0));
    CHECK(office.mtis().empty()); // nobody has ever been there
    office.role.link_up(0);
    office.pass(seconds(0));
    office.answer(office.sent.at(0), "00");
    office.role.link_down(0);
    for (int i = 0; i < 4; ++i) office.pass(seconds(1));
    CHECK(office.mtis() == "0200");
    CHECK(office.role.counts().stood_in == 2); // 250 of a card, and a sale has 100
    CHECK(office.role.counts().stand_in_declined == 2);
    office.role.link_up(0);
    office.pass(milliseconds(1));
    REQUIRE(office.mtis() == "0200 0220 0220"); // a queue for each link, both over the one that is there
    CHECK(office.sent[1].get(39) == "00");
    CHECK(office.sent[1].get(2) == "4000000000000002");
    office.pass(milliseconds(999)); // the sixth sale
    office.pass(milliseconds(1));   // the pause of the advices
    REQUIRE(office.mtis() == "0200 0220 0220 0200 0221 0221");
    office.answer(office.sent[1], "00");
    office.answer(office.sent[2], "00");
    office.answer(office.sent[3], "00");
    const auto lines = office.role.take_final();
    REQUIRE(lines.size() == 4);
    CHECK(std::count_if(lines.begin(), lines.end(), [](const SettlementLine& line) {
              return line.outcome == Outcome::advised && line.is_acknowledged;
          }) == 2);
}

TEST_CASE("network role: without limits, above them, and for anything but sales it stands in for nobody")
{
    ServePlan refunds = plan_with_stand_in(2, {1'000, 1'000});
    refunds.mix[0] = 0;
    refunds.mix[1] = 1;
    for (const ServePlan& given : {plan(2), plan_with_stand_in(2, {99, 1'000}), refunds}) {
        Office office(given);
        office.role.link_up(0);
        office.role.link_down(0);
        office.role.link_up(0);
        office.pass(seconds(0));
        office.role.link_down(0);
        office.pass(seconds(1));
        CHECK(office.role.counts().stand_in_declined == 1);
        CHECK(office.role.saf().size() == 0);
    }
}

TEST_CASE("network role: cancels and linked refunds name an approved sale, once")
{
    for (const std::size_t kind : {2U, 3U}) {
        ServePlan given = plan(3);
        given.mix[0] = 0;
        given.mix[kind] = 1;
        Office office(given);
        office.role.link_up(0);
        office.pass(seconds(0));
        CHECK(office.mtis() == "0200"); // there is no sale yet: it makes one
        office.answer(office.sent[0], "00");
        office.pass(seconds(1));
        CHECK(office.sent.at(1).get(90) == original_data_of(office.sent[0]));
        office.answer(office.sent[1], "00");
        office.pass(seconds(1));
        CHECK_FALSE(office.sent.at(2).has(90));
        const auto lines = office.role.take_final();
        REQUIRE(lines.size() == 2);
        CHECK(lines[1].kind == (kind == 2 ? "refund" : "cancel"));
        CHECK(owed_minor(lines[0]) + owed_minor(lines[1]) == 0);
    }
}

TEST_CASE("network role: an inquiry moves nothing, and its silence is no reversal")
{
    ServePlan given = plan(2);
    given.mix[0] = 0;
    given.mix[4] = 1;
    Office office(given);
    office.role.link_up(0);
    office.pass(seconds(0));
    office.answer(office.sent.at(0), "00");
    office.pass(seconds(1));
    office.pass(seconds(5));
    CHECK(office.role.counts().timeouts == 1);
    CHECK(office.role.is_settled());
    CHECK(office.role.take_all().empty());
}

TEST_CASE("network role: at its end what is open is told as reversed and not acknowledged")
{
    Office office(plan(2));
    office.role.link_up(0);
    office.pass(seconds(0));
    office.pass(seconds(5)); // the first is reversed, the second is in flight
    const auto lines = office.role.take_all();
    REQUIRE(lines.size() == 2);
    for (const SettlementLine& line : lines) {
        CHECK(line.outcome == Outcome::reversed);
        CHECK_FALSE(line.is_acknowledged);
    }
}

TEST_CASE("network role: the Japanese house dialect reverses with the message itself")
{
    const auto network = network_named("japanese-house");
    ServeWriter writer(*network, 1);
    const CardInHand card{"4000000000000002", "3512"};
    const auto sale = writer.write({.kind = "sale", .card = &card, .amount = Amount{100, "JPY"}});
    const auto reversal =
        writer.write({.kind = "reversal", .of_kind = "sale", .original = &sale, .reason = "timeout"});
    CHECK(reversal.mti().text() == "0120");
    CHECK(reversal.get(11) == sale.get(11));
    CHECK_FALSE(writer.can_write("advice", "sale"));
    CHECK_THROWS_AS((void)writer.write({.kind = "nonsense"}), StepFailed);
}

TEST_CASE("serve plan: rates, mixes, files and their mistakes")
{
    CHECK(rate_of("20/s") == 20.0);
    CHECK(rate_of("30/min") == 0.5);
    for (const char* text : {"", "20", "/s", "-1/s", "0/s", "20/h", "nan/s", "1000001/s"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)rate_of(text), std::invalid_argument);
    }
    ServePlan made;
    put_mix("sale=8,cancel=2,inquiry", made);
    CHECK(made.mix[0] == 8);
    CHECK(made.mix[3] == 2);
    CHECK(made.mix[4] == 1);
    for (const char* text :
         {"", "sale=", "sale=x", "sale=0", "sail=1", "sale=1.5", "sale=1000001", "sale,,cancel"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(put_mix(text, made), std::invalid_argument);
    }
    CHECK(made.mix[0] == 8); // a mistake changes nothing

    const auto folder =
        std::filesystem::temp_directory_path() / ("tollgate-serve-plan-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const auto file = (folder / "traffic.toml").string();
    const auto read = [&](const std::string& toml, const std::string& cards) {
        std::ofstream(file) << toml;
        std::ofstream(folder / "cards.csv") << cards;
        ServePlan plan;
        read_serve_plan(file, plan);
        return plan;
    };
    const std::string good_cards = "pan,expiry,currency,balance\n4000000000000002,2035-12,JPY,1000\n";
    const ServePlan plan = read("rate = \"5/s\"\ncount = 7\namounts = [\"1 JPY\", \"9 JPY\"]\n"
                                "mix = { sale = 3, refund = 1 }\ncards = \"cards.csv\"\n"
                                "stand_in = { sale = \"50 JPY\", card = \"90 JPY\" }\n",
                                good_cards);
    CHECK(plan.rate == 5.0);
    CHECK(plan.count == 7);
    CHECK(plan.amount_max_minor == 9);
    CHECK(plan.mix[1] == 1);
    REQUIRE(plan.cards.size() == 1);
    CHECK(plan.cards[0].expiry_yymm == "3512");
    CHECK(plan.stand_in->card_max_minor == 90);
    for (const char* toml :
         {"rat = 1", "rate = \"5\"", "count = 0", "amounts = [\"1 JPY\"]", "amounts = [\"9 JPY\", \"1 JPY\"]",
          "amounts = [\"1 JPY\", \"9 EUR\"]", "mix = { sail = 1 }", "mix = { sale = 0 }",
          "mix = { sale = -1 }", "stand_in = { sale = \"1 EUR\", card = \"1 EUR\" }"}) {
        CAPTURE(toml);
        CHECK_THROWS_AS((void)read(toml, good_cards), FileError);
    }
    for (const char* cards : {"", "pan\n", "pan,expiry\n", "pan,expiry\n4000000000000003,2035-12\n",
                              "pan,expiry\n4000000000000002,3512\n", "pan,expiry\n4000000000000002\n"}) {
        CAPTURE(cards);
        CHECK_THROWS_AS((void)read("cards = \"cards.csv\"", cards), FileError);
    }
    try {
        (void)read("cards = \"cards.csv\"", "pan,expiry\n4000000000000003,2035-12\n");
    } catch (const FileError& error) {
        CHECK(std::string(error.what()).find("4000000000000003") == std::string::npos);
    }
    std::filesystem::remove_all(folder);
}
