/// Starts the server so that it dies at one named point, and makes it get there: on a thread of its own.
#pragma once

#include "sim/fire_stage.hpp"
#include "sim/rng.hpp"

#include <atomic>
#include <exception>
#include <optional>
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

    struct Counts {
        std::size_t kills = 0;    ///< at the point
        std::size_t at_start = 0; ///< of these, before the server listened
        std::size_t lives = 0;
        std::size_t own_ends = 0;  ///< not at the point, and nobody had ordered it
        std::uint64_t reached = 0; ///< how often all its lives together passed the point
    };
    [[nodiscard]] const Counts& counts() const { return counts_; } ///< when it is over

private:
    /// What makes a server get to places that it does not pass on a good day.
    enum class Nudge : std::uint8_t { none, cut, stop, end_sessions, kill_at_commit, stop_postgres };
    static constexpr std::size_t nudges = 6;

    enum class End : std::uint8_t { at_point, at_start, by_us, by_itself };

    void run();
    /// throws   StartError when the server does not start, unless it died of its point
    [[nodiscard]] End live();
    [[nodiscard]] std::uint64_t deadly_time();
    [[nodiscard]] bool is_of_point(std::optional<int> status, std::uint64_t deadly) const;
    void try_harder();
    void wait_for_death();
    void nudge();

    FireStage& stage_;
    Order order_;
    Rng rng_;
    Nudge nudge_ = Nudge::none;
    std::size_t in_vain_ = 0;           ///< lives in a row that did not end at the point
    std::uint64_t passed_at_start_ = 0; ///< times that the last start alone passed the point
    std::uint64_t most_ = 20;           ///< times that it is passed in traffic before the death
    Counts counts_;
    std::atomic<bool> is_over_{false};
    std::atomic<bool> must_end_{false};
    std::exception_ptr error_;
    std::thread thread_; ///< last: it uses the rest
};

} // namespace sim
