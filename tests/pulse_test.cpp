#include "net/pulse.hpp"

#include <doctest/doctest.h>

#include <vector>

using net::MonoTime;
using net::Pulse;
using std::chrono::milliseconds;

namespace {

constexpr MonoTime start = MonoTime{} + std::chrono::hours(1);

struct Row {
    const char* name;
    std::vector<int> beats_ms; ///< after `start`
    int read_ms;
    int arrival_ms;
};

const Row rows[] = {
    {"no beat yet", {}, 20, 20},
    {"between two beats", {25, 50}, 60, 60},
    {"a beat that is a little late is no gap", {25, 50}, 150, 150},
    {"behind a gap, before the next beat", {25, 50}, 3'000, 50},
    {"behind a gap, the beat came first", {25, 50, 3'000}, 3'001, 50},
    {"the second beat behind a gap ends it", {25, 50, 3'000, 3'025}, 3'026, 3'026},
    {"two gaps, one behind the other", {25, 50, 3'000}, 6'000, 3'000},
};

} // namespace

TEST_CASE("pulse: what is read behind a gap came when the gap began")
{
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Pulse pulse(start);
        for (const int beat : row.beats_ms) pulse.beat(start + milliseconds(beat));
        CHECK(pulse.earliest_arrival(start + milliseconds(row.read_ms)) ==
              start + milliseconds(row.arrival_ms));
    }
}
