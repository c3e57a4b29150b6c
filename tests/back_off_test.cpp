#include "net/back_off.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace std::chrono_literals;
using net::BackOff;
using std::chrono::milliseconds;

namespace {

net::Reconnect rule(double jitter = 0.0)
{
    return {200ms, 1'000ms, jitter};
}

} // namespace

TEST_CASE("back-off: the pause doubles from the first to the longest")
{
    BackOff back_off(rule(), 1, 0);
    std::vector<milliseconds> pauses;
    for (int i = 0; i < 6; ++i) pauses.push_back(back_off.ended(0ms, 0.5));
    CHECK(pauses == std::vector<milliseconds>{200ms, 400ms, 800ms, 1'000ms, 1'000ms, 1'000ms});
}

TEST_CASE("back-off: addresses are tried in turn, with a pause behind the last one only")
{
    BackOff back_off(rule(), 3, 1);
    std::vector<std::size_t> addresses;
    std::vector<milliseconds> pauses;
    for (int i = 0; i < 7; ++i) {
        addresses.push_back(back_off.address());
        pauses.push_back(back_off.ended(0ms, 0.0));
    }
    CHECK(addresses == std::vector<std::size_t>{1, 2, 0, 1, 2, 0, 1});
    CHECK(pauses == std::vector<milliseconds>{0ms, 0ms, 200ms, 0ms, 0ms, 400ms, 0ms});
}

TEST_CASE("back-off: sessions begin at different addresses")
{
    for (std::size_t session = 0; session < 5; ++session)
        CHECK(BackOff(rule(), 2, session).address() == session % 2);
}

TEST_CASE("back-off: a connection that was up for the longest pause begins anew, at its address")
{
    struct Row {
        const char* name;
        milliseconds was_up;
        milliseconds pause;
        std::size_t address;
    };
    const Row rows[] = {
        {"never up", 0ms, 800ms, 0},
        {"not long enough", 999ms, 800ms, 0},
        {"long enough", 1'000ms, 200ms, 1},
        {"for days", 48h, 200ms, 1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        BackOff back_off(rule(), 2, 0);
        for (int i = 0; i < 5; ++i) (void)back_off.ended(0ms, 0.0); // two rounds and one address
        REQUIRE(back_off.address() == 1);
        CHECK(back_off.ended(row.was_up, 0.0) == row.pause);
        CHECK(back_off.address() == row.address);
    }
}

TEST_CASE("back-off: the jitter takes up to its share off the pause")
{
    struct Row {
        double jitter;
        double random;
        milliseconds pause;
    };
    const Row rows[] = {{0.2, 0.0, 200ms}, {0.2, 0.5, 180ms}, {0.2, 1.0, 160ms},
                        {0.0, 0.9, 200ms}, {1.0, 0.5, 100ms}, {1.0, 1.0, 0ms}};
    for (const Row& row : rows) {
        CAPTURE(row.jitter);
        CAPTURE(row.random);
        CHECK(BackOff(rule(row.jitter), 1, 0).ended(0ms, row.random) == row.pause);
    }
}

TEST_CASE("back-off: a first pause of nothing, or above the longest, is still a pause")
{
    BackOff none({0ms, 1'000ms, 0.0}, 1, 0);
    CHECK(none.ended(0ms, 0.0) == 1ms);
    BackOff above({5'000ms, 1'000ms, 0.0}, 1, 0);
    CHECK(above.ended(0ms, 0.0) == 1'000ms);
}
