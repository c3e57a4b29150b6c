#include "sim/child_process.hpp"
#include "sim/load.hpp"
#include "sim/report.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <string>

using namespace sim;

namespace {

struct LoadGame {
    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    test::FakeBooks books;
    test::FakeHost host{network->dialect(), [this](const codec::Message& m) { return books.answer(m); }};
    RunIds ids{1, wall_clock_us()};
    Load load{*network, ids, {{{"4000000000000002", "3512"}}, Amount{1, "JPY"}, 300}};

    LoadGame()
    {
        AccountGiven account;
        account.balance = Amount{200, "JPY"};
        (void)books.open_account(account);
    }
};

} // namespace

TEST_CASE("load: every message gets its answer, and repeats get the same one")
{
    LoadGame game;
    const auto all = game.load.unanswered();
    REQUIRE(all.size() == 300);
    CHECK(game.load.send(all, game.host.address(""), {3, 8}, std::chrono::seconds(30)) == 300);
    CHECK(game.load.unanswered().empty());
    const auto sample = game.load.answered(10);
    CHECK(sample.size() == 30);
    CHECK(game.load.send(sample, game.host.address(""), {2, 100}, std::chrono::seconds(30)) == 30);

    int approved = 0;
    for (const LoadMessage& message : game.load.messages()) {
        if (message.answers.front().code == "00") ++approved;
        CHECK(message.answers.back().code == message.answers.front().code);
        CHECK(message.answers.back().approval == message.answers.front().approval);
    }
    CHECK(approved == 200);
    CHECK(game.books.balance_minor(1) == 0);
    CHECK(game.load.messages()[all[10]].answers.size() == 2);
}

TEST_CASE("load: the window is never passed")
{
    std::atomic<int> requests{0};
    const auto network = network_named("iso-single-message");
    test::FakeHost silent(network->dialect(), [&](const codec::Message&) -> std::optional<codec::Message> {
        ++requests;
        return std::nullopt;
    });
    RunIds ids(1, wall_clock_us());
    Load load(*network, ids, {{{"4000000000000002", "3512"}}, Amount{1, "JPY"}, 100});
    CHECK(load.send(load.unanswered(), silent.address(""), {2, 5}, std::chrono::milliseconds(200)) == 0);
    CHECK(requests <= 10);
    CHECK(load.unanswered().size() == 100);
}

TEST_CASE("load: an answer under another terminal's number is nobody's")
{
    const auto network = network_named("iso-single-message");
    test::FakeHost confused(network->dialect(), [&](const codec::Message& request) {
        codec::Message answer(codec::answer_to(request.mti()));
        for (const int de : {7, 11}) answer.set(de, request.get(de));
        answer.set(41, "ANOTHER1");
        answer.set(39, "00");
        return std::optional(answer);
    });
    RunIds ids(1, wall_clock_us());
    Load load(*network, ids, {{{"4000000000000002", "3512"}}, Amount{1, "JPY"}, 3});
    LoadLine line(load, confused.address(""), {1, 3});
    line.send(load.unanswered());
    const auto end = Clock::now() + std::chrono::seconds(30);
    while (load.strays() < 3 && Clock::now() < end)
        (void)line.wait_for(1, Clock::now() + std::chrono::milliseconds(10));
    CHECK(load.strays() == 3);
    CHECK(load.unanswered().size() == 3);
}

TEST_CASE("child process: output, exit status and input")
{
    const Finished echoed = run_program({"/bin/cat"}, "4000\n");
    CHECK(echoed.status == 0);
    CHECK(echoed.out == "4000\n");
    const std::string more_than_pipes_hold(1 << 20, 'x'); // cat writes before it has read all
    CHECK(run_program({"/bin/cat"}, more_than_pipes_hold).out == more_than_pipes_hold);
    const Finished failed = run_program({"/bin/sh", "-c", "echo no >&2; exit 6"}, "");
    CHECK(failed.status == 6);
    CHECK(failed.err == "no\n");
    CHECK_THROWS_AS((void)run_program({"/no/such/program"}, ""), ChildError);
}

TEST_CASE("child process: lines of a running one, and its end by a signal")
{
    ChildProcess child({"/bin/sh", "-c", "echo one; echo two; exec sleep 1000"}, "/dev/null");
    CHECK(child.read_line(std::chrono::seconds(30)) == "one");
    CHECK(child.read_line(std::chrono::seconds(30)) == "two");
    CHECK(child.read_line(std::chrono::milliseconds(1)) == std::nullopt);
    CHECK(child.is_running());
    child.signal(SIGKILL);
    CHECK(child.wait() == 128 + SIGKILL);
    CHECK_FALSE(child.is_running());
}

TEST_CASE("report: the table, the failures and the JSON tell the same")
{
    Report report;
    report.seed = 7;
    Verdict failed;
    failed.step = 2;
    failed.place = "x.toml:3:4";
    failed.problem = "answer to s: code 00 expected, 51 found";
    Verdict passed;
    passed.passed = true;
    report.played = {{"10-a", "t", "n1", false, passed},
                     {"10-a", "t", "n2", false, failed},
                     {"11-b", "u", "n1", true, {}}};
    CHECK(report.passed() == 1);
    CHECK(report.failed() == 1);
    const std::string table = table_of(report);
    CHECK(table.find("10-a      passed              FAILED") != std::string::npos);
    CHECK(table.find("1 passed, 1 failed") != std::string::npos);
    CHECK(failures_of(report).find("10-a on n2  FAILED  step 2  x.toml:3:4\n  answer to s") !=
          std::string::npos);
    const std::string json = json_of(report);
    CHECK(json.find("\"verdict\":\"skipped\"") != std::string::npos);
    CHECK(json.find("\"seed\":\"7\"") != std::string::npos);
}
