#include "net/turns.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

using namespace net;

namespace {

constexpr std::chrono::hours for_ever{1};

} // namespace

TEST_CASE("turns: who is alone never waits")
{
    Turns turns(for_ever);
    for (int i = 0; i < 3; ++i) (void)turns.wait();
}

TEST_CASE("turns: one begins when the other has ended, and not before")
{
    Turns turns(for_ever);
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i)
        workers.emplace_back([&] {
            for (int j = 0; j < 1'000; ++j) {
                const auto turn = turns.wait();
                const int now = ++inside;
                if (now > most) most = now;
                std::this_thread::yield();
                --inside;
            }
        });
    workers.clear();
    CHECK(most == 1);
}

TEST_CASE("turns: who keeps a turn for too long holds up nobody, and may end it any time")
{
    Turns turns(std::chrono::milliseconds{0});
    std::optional<Turns::Turn> slow(turns.wait());
    std::optional<Turns::Turn> next(turns.wait()); // although the first has not ended
    slow.reset();
    next.reset();
    (void)turns.wait();
}
