/// Does to the server and to PostgreSQL what a plan says, one thing after another, on a thread of its own.
#pragma once

#include "sim/fire_plan.hpp"
#include "sim/fire_postgres.hpp"
#include "sim/host.hpp"
#include "sim/rng.hpp"

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sim {

class FireFaults {
public:
    using Counts = std::array<std::size_t, ProcessFault::kinds>;

    struct World {
        ChildHost& host;
        FirePostgres& postgres;
        Proxy& proxy;
        std::vector<std::string> links; ///< door n of the proxy leads to the n-th
        std::uint64_t seed = 0;         ///< which session is hit
    };

    /// Opens the proxy's doors.
    explicit FireFaults(World world);
    /// Waits for what it is doing.
    ~FireFaults();
    FireFaults(const FireFaults&) = delete;
    FireFaults& operator=(const FireFaults&) = delete;

    /// throws   what ended the thread
    [[nodiscard]] bool is_idle();
    /// It must be idle.
    void begin(const ProcessFault& fault);

    [[nodiscard]] const Counts& counts() const { return counts_; } ///< while it is idle
    /// Ends of the server that nobody ordered.
    [[nodiscard]] std::size_t own_ends() const { return own_ends_; }

private:
    void run();
    void carry_out(const ProcessFault& fault);
    void strike(const ProcessFault& fault);
    void restart_server(Restart::How how);
    void open_doors();
    void close_doors();
    [[nodiscard]] pid_t some_session();

    World world_;
    Rng rng_;
    Counts counts_{};
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
