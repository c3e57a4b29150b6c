#include "sim/rate_pace.hpp"

#include <doctest/doctest.h>

using namespace sim;
using namespace std::chrono_literals;

TEST_CASE("pace: without a change the schedule and the run are one")
{
    const RatePace pace;
    CHECK(pace.when(7s) == 7s);
    CHECK(pace.reached(7s) == 7s);
}

TEST_CASE("pace: twice the rate halves what is left, and what was due stays when it was")
{
    RatePace pace;
    pace.change(2, 10s);
    CHECK(pace.when(9s) == 9s);
    CHECK(pace.when(14s) == 12s);
    CHECK(pace.reached(12s) == 14s);
    pace.change(0.5, 12s);
    CHECK(pace.when(13s) == 11'500ms);
    CHECK(pace.when(15s) == 14s);
    CHECK(pace.factor() == 0.5);
}

TEST_CASE("pace: nothing falls due in a pause, and all that comes later moves")
{
    RatePace pace;
    pace.pause(3s);
    CHECK(pace.is_paused());
    CHECK(pace.reached(8s) == 3s);
    pace.resume(8s);
    CHECK_FALSE(pace.is_paused());
    CHECK(pace.when(2s) == 2s);
    CHECK(pace.when(4s) == 9s);
    CHECK(pace.reached(9s) == 4s);
}

TEST_CASE("pace: a rate changed in a pause counts from its end")
{
    RatePace pace;
    pace.pause(3s);
    pace.change(4, 5s);
    CHECK(pace.reached(6s) == 3s);
    pace.resume(7s);
    CHECK(pace.reached(8s) == 7s);
    pace.pause(8s);
    pace.pause(9s);
    pace.resume(10s);
    pace.resume(11s);
    CHECK(pace.reached(12s) == 15s);
}
