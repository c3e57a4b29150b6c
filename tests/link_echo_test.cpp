/// Echoes of a link, both ways.
#include "tests/support/link_steps.hpp"

#include <doctest/doctest.h>

using namespace wire;
using namespace steps;
using namespace std::chrono_literals;
using net::CloseReason;
using net::Role;
using net::SignOn;
using probe::Probe;
using probe::start;

TEST_CASE("link management: we send an echo when nothing came for the interval, and only then")
{
    Probe p(settings_for(Role::listen, SignOn::optional));
    p.collect();
    CHECK(p.deadline == start + 60s);
    p.at(30s);
    p.receive(management("301"));
    CHECK(p.deadline == start + 90s);
    p.at(89'999ms);
    p.tick();
    CHECK(asked_by_us(p).empty());
    p.at(90s);
    p.tick();
    CHECK(asked_by_us(p) == std::vector<std::string>{"301"});
    CHECK(p.deadline == start + 95s);
    p.at(91s);
    p.receive(answer_to_last(p));
    CHECK(p.deadline == start + 151s);
    CHECK_FALSE(p.saw("answer_nobody_waits_for"));
    CHECK(p.settings->counters->echo_us.sum() == 1'000'000); // a second
}

TEST_CASE("link management: so many echoes unanswered in a row close; an answer of any code begins again")
{
    Probe p(settings_for(Role::listen, SignOn::optional));
    p.receive(sale());
    p.at(60s);
    p.approve(0);
    p.tick();                                 // first echo
    for (int i = 0; i < 2; ++i) waits(5s)(p); // two are missed, a third is asked
    CHECK(asked_by_us(p).size() == 3);
    p.receive(answer_to_last(p, "91"));
    waits(60s)(p);
    for (int i = 0; i < 2; ++i) waits(5s)(p);
    CHECK_FALSE(p.closed);
    CHECK(p.saw("echo_missed"));
    waits(4'999ms)(p);
    CHECK_FALSE(p.closed);
    waits(1ms)(p);
    CHECK(p.closed == CloseReason::echo_unanswered);
    CHECK(name_of(*p.closed) == "echo_unanswered");
}

TEST_CASE("link management: the close for echoes waits for what is at the ledger")
{
    auto settings = settings_for(Role::listen, SignOn::optional);
    settings->echo = {1s, 100ms, 1};
    Probe p(settings);
    p.receive(sale());
    p.at(1s);
    p.tick();
    waits(100ms)(p);
    CHECK_FALSE(p.closed);
    p.refuse(0);
    CHECK(p.closed == CloseReason::echo_unanswered);
}

TEST_CASE("link management: no echo without an interval, before the session, or while it ends")
{
    struct Row {
        std::string name;
        std::vector<Step> steps;
        std::size_t echoes;
    };
    const Row rows[] = {
        {"before sign-on", {}, 0},
        {"up", {says("001")}, 1},
        {"signed off", {says("002")}, 1},
        {"draining", {says("001"), sells, drains}, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Probe p(settings_for(Role::listen));
        for (const Step& step : row.steps) step(p);
        waits(60s)(p);
        CHECK(asked_by_us(p).size() == row.echoes);
    }
    auto silent = settings_for(Role::listen, SignOn::optional);
    silent->echo.interval.reset();
    Probe p(silent);
    waits(179s)(p);
    CHECK(p.replies.empty());
}

TEST_CASE("link management: an echo request is answered at once, however many sales wait")
{
    auto settings = settings_for(Role::listen, SignOn::optional);
    settings->in_flight = 2;
    Probe p(settings);
    for (const char* stan : {"000001", "000002", "000003"}) p.receive(sale(stan));
    CHECK(p.asked.size() == 2);
    p.receive(management("301"));
    REQUIRE(p.replies.size() == 1);
    CHECK(p.reply(0).mti().text() == "0810");
    CHECK(p.code(0) == "00");
}
