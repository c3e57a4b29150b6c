/// Starts the server so that it dies at one named point, and makes it get there: on a thread of its own.
#pragma once

#include "sim/fire_stage.hpp"
#include "sim/rng.hpp"

#include <atomic>
#include <exception>
#include <string>
#include <thread>

namespace sim {

class FireKiller {
public:
    struct Order {
        std::string point;
        std::size_t kills = 50;
        std::uint64_t seed = 0;
        std::string counters; ///< file in which the server counts what it reaches
    };

    /// The stage's server is killed at once; the last one has not died, and is killed, too.
    FireKiller(FireStage& stage, Order order);
    ~FireKiller();
    FireKiller(const FireKiller&) = delete;
    FireKiller& operator=(const FireKiller&) = delete;

    /// It has killed often enough, or given up.
    /// throws   what ended the thread
    [[nodiscard]] bool is_over();
    [[nodiscard]] std::size_t kills() const { return kills_; }
    [[nodiscard]] std::size_t lives() const { return lives_; }
    /// How often all its lives together passed the point.
    [[nodiscard]] std::uint64_t reached() const { return reached_; }

private:
    /// What makes a server get to places that it does not pass on a good day.
    enum class Nudge : std::uint8_t { none, cut, stop, end_sessions, kill_at_commit, stop_postgres };
    static constexpr std::size_t nudges = 6;

    void run();
    /// returns  true when it died at the point
    [[nodiscard]] bool live();
    void nudge();
    [[nodiscard]] bool dies_within(std::chrono::milliseconds limit);

    FireStage& stage_;
    Order order_;
    Rng rng_;
    Nudge nudge_ = Nudge::none;
    std::size_t in_vain_ = 0; ///< lives in a row that did not end at the point
    std::atomic<std::size_t> kills_{0};
    std::atomic<std::size_t> lives_{0};
    std::atomic<std::uint64_t> reached_{0};
    std::atomic<bool> is_over_{false};
    std::atomic<bool> must_end_{false};
    std::exception_ptr error_;
    std::thread thread_; ///< last: it uses the rest
};

} // namespace sim
