/// Does to the server and to PostgreSQL what a plan says, one thing after another, on a thread of its own.
#pragma once

#include "sim/fire_plan.hpp"
#include "sim/rng.hpp"
#include "sim/scenario.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <sys/types.h>

namespace sim {

class FireStage;

class FireFaults {
public:
    using Counts = std::array<std::size_t, ProcessFault::kinds>;
    using Seconds =
        std::array<double, ProcessFault::kinds>; ///< all of a kind together, until everything ran again

    /// Opens the proxy's doors.
    /// seed     decides which session is hit
    FireFaults(FireStage& stage, std::uint64_t seed);
    /// Waits for what it is doing.
    ~FireFaults();
    FireFaults(const FireFaults&) = delete;
    FireFaults& operator=(const FireFaults&) = delete;

    /// throws   what ended the thread
    [[nodiscard]] bool is_idle();
    /// It must be idle.
    void begin(const ProcessFault& fault);

    [[nodiscard]] const Counts& counts() const { return counts_; } ///< while it is idle
    [[nodiscard]] const Seconds& seconds() const { return seconds_; }
    /// Ends of the server that nobody ordered.
    [[nodiscard]] std::size_t own_ends() const { return own_ends_; }

private:
    void run();
    void carry_out(const ProcessFault& fault);
    void strike(const ProcessFault& fault);
    void restart_server(Restart::How how);
    [[nodiscard]] pid_t some_session();

    FireStage& stage_;
    Rng rng_;
    Counts counts_{};
    Seconds seconds_{};
    std::size_t own_ends_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<ProcessFault> order_;
    bool is_busy_ = false;
    bool is_over_ = false;
    std::exception_ptr error_;
    std::thread thread_; ///< last: it uses the rest
};

} // namespace sim
