#include "sim/player.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace sim;

const std::string head = "title = 't'\npos_timeout = '100ms'\naccounts = { a = '100 JPY' }\n"
                         "cards = { c = { account = 'a' } }\nsteps = [\n";
const std::string sale = "{ send = 'sale', as = 's', amount = '10 JPY' },\n";

/// The fake host, its books, and one scenario against them.
struct Game {
    Side side{network_named("iso-single-message"), "net-a", {"one"}};
    test::FakeBooks books;
    test::FakeHost host{side.model->dialect(), [this](const codec::Message& m) { return books.answer(m); }};
    RunIds ids{1, wall_clock_us()};

    Verdict play(const std::string& steps, const std::string& then = "")
    {
        const std::string toml = head + steps + "]\n" + then;
        return sim::play(parse_scenario(toml, "x.toml"), side,
                         Stage{host, books, ids, std::chrono::milliseconds(2000)});
    }
};

struct Row {
    std::string name;
    std::string steps;
    std::string then;
    std::string problem; ///< empty: passes
};

} // namespace

TEST_CASE("player: faults and expectations against a host that knows sales and reversals")
{
    const std::string reversal = "{ send = 'reversal', of = 's', as = 'r', reason = 'timeout' },\n"
                                 "{ expect = 'answer', to = 'r', code = 'accepted' },\n";
    const std::string lost_answer = "{ send = 'sale', as = 's', amount = '10 JPY', answer = 'lost' },\n";
    const std::string held = "{ send = 'sale', as = 's', amount = '10 JPY', request = 'hold' },\n";
    const std::string silence = "{ expect = 'silence', to = 's' },\n";
    const std::string approved = "{ expect = 'answer', to = 's', code = 'approved' },\n";
    const Row rows[] = {
        {"a sale", sale + approved, "then = { balances = { a = '90 JPY' } }", ""},
        {"another balance", sale + approved, "then = { balances = { a = '91 JPY' } }",
         "balance of a: 91 JPY expected, 90 JPY found"},
        {"another code", sale + "{ expect = 'answer', to = 's', code = 'insufficient_funds' },", "",
         "answer to s: code 51 (insufficient_funds) expected, 00 found"},
        {"another field", sale + "{ expect = 'answer', to = 's', fields = { 41 = 'X' } },", "",
         "answer to s: DE41: \"X\" expected, \"T"},
        {"an element that should be absent",
         sale + "{ expect = 'answer', to = 's', fields = { 38 = 'absent' } },", "",
         "answer to s: DE38: nothing expected, \""},
        {"silence that is none", sale + silence, "", "an answer to s came"},
        {"a lost answer is silence, and had its effect", lost_answer + silence,
         "then = { balances = { a = '90 JPY' } }", ""},
        {"a lost answer cannot be expected", lost_answer + approved, "",
         "no answer to s can come: none is on its way"},
        {"a lost request has no effect",
         "{ send = 'sale', as = 's', amount = '10 JPY', request = 'lost' },\n" + silence + reversal,
         "then = { balances = { a = '100 JPY' } }", ""},
        {"a held request overtaken by its reversal",
         held + silence + reversal +
             "{ release = 's' },\n{ expect = 'answer', to = 's', code = 'already_reversed', late = "
             "'required' },",
         "then = { balances = { a = '100 JPY' } }", ""},
        {"a late answer must be expected as late", held + silence + "{ release = 's' },\n" + approved, "",
         "the answer to s came when the terminal had given up"},
        {"a late answer that no step expects",
         held + silence + "{ release = 's' },\n{ send = 'echo' },\n{ expect = 'answer', to = 'echo' },", "",
         "a late answer to s that no step expects"},
        {"a held answer",
         "{ send = 'sale', as = 's', amount = '10 JPY', answer = 'hold' },\n" + silence +
             "{ release = 's' },\n" +
             "{ expect = 'answer', to = 's', code = 'approved', late = 'required' },",
         "", ""},
        {"late = required when it was in time", sale + "{ expect = 'answer', to = 's', late = 'required' },",
         "", "the answer to s came in time and should have been late"},
        {"a delayed request still arrives",
         "{ send = 'sale', as = 's', amount = '10 JPY', request_delay = '20ms' },\n" + approved, "", ""},
        {"a delayed answer",
         "{ send = 'sale', as = 's', amount = '10 JPY', answer_delay = '250ms' },\n" + silence +
             "{ expect = 'answer', to = 's', late = 'required' },",
         "", ""},
        {"copies and repeats on two connections are one sale",
         "{ send = 'sale', as = 's', amount = '10 JPY', copies = 3, on = ['one', 'two'] },\n"
         "{ repeat = 's', times = 2, on = ['two', 'three'] },\n"
         "{ expect = 'answer', to = 's', code = 'approved', identical = true },",
         "then = { balances = { a = '90 JPY' } }", ""},
        {"nothing is held", sale + "{ release = 's' },", "", "nothing of s is held"},
        {"garbage closes",
         "{ send = 'bytes', bytes = 'ff ff 00', on = 'g' },\n{ expect = 'closed', on = 'g' },\n" + sale +
             approved,
         "", ""},
        {"a closed connection is not used again without notice",
         "{ send = 'frame', bytes = '00' },\n{ send = 'echo', on = 'two' },\n{ expect = 'answer', to = "
         "'echo' },\n" +
             sale + approved,
         "",
         "connection \"one\" was closed by the host|the host closed connection \"one\" instead of answering "
         "s"},
        {"a message that the network does not have", "{ send = 'sael' },", "",
         "network iso-single-message has no message \"sael\" (did you mean \"sale\"?)"},
        {"an element that cannot be written",
         "{ send = 'sale', amount = '10 JPY', fields = { 3 = '1234567' } },", "",
         "the message cannot be written: DE3"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Game game;
        const Verdict verdict = game.play(row.steps, row.then);
        CAPTURE(verdict.problem);
        CAPTURE(verdict.ladder);
        const std::string expected = row.problem;
        CHECK(verdict.passed == expected.empty());
        bool is_as_expected = false;
        for (std::size_t at = 0; at != std::string::npos;) {
            const std::size_t bar = expected.find('|', at);
            const std::string one = expected.substr(at, bar == std::string::npos ? bar : bar - at);
            is_as_expected = is_as_expected || verdict.problem.substr(0, one.size()) == one;
            at = bar == std::string::npos ? bar : bar + 1;
        }
        CHECK(is_as_expected);
    }
}

TEST_CASE("player: answers that differ are found by identical, and only by it")
{
    Game game;
    game.books.forget_answers();
    const std::string steps = sale + "{ expect = 'answer', to = 's' },\n{ repeat = 's' },\n";
    CHECK(game.play(steps + "{ expect = 'answer', to = 's' },").passed);
    const Verdict verdict = game.play(steps + "{ expect = 'answer', to = 's', identical = true },");
    CHECK_FALSE(verdict.passed);
    CHECK(verdict.problem.substr(0, 27) == "two answers to s differ: 02");
    CHECK(verdict.step == 4);
}

TEST_CASE("player: a host that says nothing fails the step that waits, with its place and a ladder")
{
    Side side{network_named("iso-single-message"), "net-a", {"one"}};
    test::FakeBooks books;
    test::FakeHost host(side.model->dialect(), [](const codec::Message&) { return std::nullopt; });
    RunIds ids(1, wall_clock_us());
    const Scenario scenario = parse_scenario(head + sale + "{ expect = 'answer', to = 's' },\n]", "x.toml");
    const Verdict verdict = play(scenario, side, Stage{host, books, ids, std::chrono::milliseconds(50)});
    CHECK_FALSE(verdict.passed);
    CHECK(verdict.step == 2);
    CHECK(verdict.place == "x.toml:7:1");
    CHECK(verdict.problem == "no answer to s within 50 ms");
    CHECK(verdict.ladder.find("--- 0200 s 10 JPY ---") != std::string::npos);
}

TEST_CASE("player: a host that does not come back fails its step, with all that was before on the ladder")
{
    Game game;
    const Verdict verdict =
        game.play(sale + "{ expect = 'answer', to = 's', code = 'approved' },\n{ restart = 'kill' },\n");
    CHECK_FALSE(verdict.passed);
    CHECK(verdict.step == 3);
    CHECK(verdict.problem == "a fake host cannot be restarted");
    CHECK(verdict.ladder.find("--- 0200 s 10 JPY ---") != std::string::npos);
}

TEST_CASE("player: no card number stands in a ladder or a problem")
{
    Game game;
    const Verdict verdict =
        game.play(sale + "{ expect = 'answer', to = 's', fields = { 2 = 'x', 35 = 'present' } },");
    CHECK_FALSE(verdict.passed);
    CHECK((verdict.problem + verdict.ladder).find("400000") == std::string::npos);
}

TEST_CASE("run ids: one seed gives the same names, and no name twice")
{
    RunIds a(7, 1000);
    RunIds b(7, 2000);
    CHECK(a.next_stan() == b.next_stan());
    CHECK(a.next_rrn() == b.next_rrn());
    CHECK(a.next_pan("400000") != b.next_pan("400000"));
    CHECK(a.next_stan() != a.next_stan());
    const std::string pan = a.next_pan("999999");
    CHECK(pan.size() == 16);
    CHECK(luhn_digit(pan.substr(0, 15)) == pan[15]);
    CHECK(luhn_digit("400000000000000") == '2');
}
