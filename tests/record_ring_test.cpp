// The block of memory between the connections and the thread that records.
#include "net/record_ring.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>
#include <vector>

using net::Direction;
using Bytes = std::vector<std::uint8_t>;

TEST_CASE("ring: what goes in comes out in order, whatever the sizes, and is overwritten")
{
    net::RecordRing ring(4'096);
    std::uint64_t added = 0;
    std::uint64_t taken = 0;
    for (int round = 0; round < 2'000; ++round) {
        const Bytes bytes((added * 37) % 900, static_cast<std::uint8_t>(added));
        if (ring.add({net::WallTime(std::chrono::microseconds(added)), added, Direction::answer, bytes})) {
            ++added;
            if (round % 3 != 0) continue;
        }
        const std::uint8_t* place = nullptr;
        std::size_t size = 0;
        REQUIRE(ring.take([&](const net::SeenFrame& frame) {
            CHECK(frame.connection == taken);
            CHECK(frame.at.time_since_epoch().count() == static_cast<std::int64_t>(taken));
            CHECK(frame.direction == Direction::answer);
            CHECK(Bytes(frame.bytes.begin(), frame.bytes.end()) ==
                  Bytes((taken * 37) % 900, static_cast<std::uint8_t>(taken)));
            place = frame.bytes.data();
            size = frame.bytes.size();
        }));
        CHECK(std::all_of(place, place + size, [](std::uint8_t byte) { return byte == 0; }));
        ++taken;
    }
    CHECK(added > 500);
    while (ring.take([](const net::SeenFrame&) {})) ++taken;
    CHECK(taken == added);
}

TEST_CASE("ring: one thread adds while another takes, and nothing is lost or torn")
{
    net::RecordRing ring(2'048);
    constexpr std::uint64_t count = 20'000;
    std::thread writer([&] {
        for (std::uint64_t i = 0; i < count;) {
            const Bytes bytes(1 + i % 300, static_cast<std::uint8_t>(i));
            if (ring.add({{}, i, Direction::request, bytes}))
                ++i;
            else
                std::this_thread::yield();
        }
    });
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < count;) {
        const bool is_there = ring.take([&](const net::SeenFrame& frame) {
            const bool is_right = frame.connection == i && frame.bytes.size() == 1 + i % 300 &&
                                  frame.bytes.front() == static_cast<std::uint8_t>(i) &&
                                  frame.bytes.back() == static_cast<std::uint8_t>(i);
            wrong += is_right ? 0 : 1;
        });
        if (is_there)
            ++i;
        else
            std::this_thread::yield();
    }
    writer.join();
    CHECK(wrong == 0);
}
