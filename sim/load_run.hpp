/// Sends a schedule over a few connections, each message at its time whether the ones before it were answered
/// or not, and measures what comes back. Open loop: whoever is slow makes the messages wait, not the shop.
#pragma once

#include "sim/load_tally.hpp"
#include "sim/load_writer.hpp"
#include "sim/rate_pace.hpp"
#include "sim/wire.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sim {

struct LoadRunSettings {
    Address address;
    Reach reach{};
    int connections = 16;
    std::size_t in_flight = 20'000; ///< of all connections; above it messages wait here, and their clock runs
    std::chrono::nanoseconds deadline{std::chrono::seconds(5)}; ///< how long the network waits for an answer
};

class LoadRun {
public:
    using Time = std::chrono::nanoseconds; ///< from the begin
    struct Events {
        std::function<void(const LoadSecond&)> second{};
        /// Ten times a second: the moment for change_rate(), pause(), stop().
        std::function<void()> tick{};
        /// What was sent, in order, as it goes on the wire; and what came.
        std::function<void(std::uint32_t message)> sent{};
        std::function<void(std::uint32_t message, const codec::Message& answer)> answered{};
    };

    /// schedule, writer     must outlive this
    /// throws   WireError when the server cannot be reached
    LoadRun(const NetworkModel& network, const Schedule& schedule, LoadWriter& writer,
            const std::vector<RateStage>& stages, const LoadRunSettings& settings, Events events);
    LoadRun(const LoadRun&) = delete;
    LoadRun& operator=(const LoadRun&) = delete;

    /// Until everything was sent and is answered or has passed its deadline.
    void run();

    /// factor   of the scheduled rate
    void change_rate(double factor);
    void pause_or_resume();
    /// Sends no more; what is in flight may still be answered.
    void stop() { is_stopping_ = true; }
    [[nodiscard]] Time now() const { return Clock::now() - start_; }
    [[nodiscard]] const RatePace& pace() const { return pace_; }

    [[nodiscard]] const LoadTally& tally() const { return tally_; }
    struct Totals {
        std::size_t planned = 0;
        std::size_t sent = 0;
        std::size_t strays = 0; ///< came and answer nothing, or a second time
        std::size_t reconnects = 0;
        Time held_longest{0};
        Time took{0};
        bool was_stopped = false; ///< by stop()
        bool was_lost = false;    ///< no connection was left, and none could be opened for long
    };
    [[nodiscard]] Totals totals() const;

private:
    enum class State : std::uint8_t { unsent, waiting, expired, answered };
    /// Of a message. Times of the run, nanoseconds.
    struct Track {
        std::int64_t due = 0;
        std::int64_t left = 0;
    };
    struct Connection {
        bool is_open = false;
        Bytes leaving;
    };

    [[nodiscard]] LoadTally::Part part_of(std::uint32_t message) const;
    [[nodiscard]] bool has_room();
    [[nodiscard]] bool is_over() const;
    void send_due();
    void hold(Time at);
    void send(std::uint32_t message, Time at);
    [[nodiscard]] Connection& connection_for(std::uint32_t message);
    void hand_over();
    void arm();
    void received(std::span<const std::uint8_t> bytes);
    void answered(std::uint32_t message, Time at);
    void opened(const std::string& on);
    void closed(const std::string& on);
    void reconnect(const std::string& on);
    void expire(Time at);
    void tick();
    void count_unanswered();

    const NetworkModel& network_;
    const Schedule& schedule_;
    LoadWriter& writer_;
    LoadRunSettings settings_;
    Events events_;
    std::vector<std::string> approvals_;          ///< DE39 of what is no decline
    std::vector<std::vector<std::size_t>> kinds_; ///< by scenario and step
    LoadTally tally_;
    RatePace pace_;
    std::vector<Track> tracks_;
    std::vector<State> states_;
    std::size_t next_ = 0;        ///< place in the order: the next to be sent
    std::size_t next_due_ = 0;    ///< the next that is not due yet
    std::size_t next_expiry_ = 0; ///< all before it were answered or have expired
    std::size_t in_flight_ = 0;
    /// The last time that messages had to be held: from when, when there last was no room, and whether some
    /// of them have not gone yet.
    Time held_from_{-1};
    Time held_until_{-1};
    bool is_holding_ = false;
    Totals totals_;
    bool is_stopping_ = false;
    bool is_armed_ = false;
    bool is_running_ = false;
    Time alone_since_{0}; ///< no connection is open
    int open_ = 0;
    codec::Message answer_; ///< its memory is used again and again
    std::vector<std::uint32_t> candidates_;
    std::map<std::string, Connection> connections_;
    std::vector<std::map<std::string, Connection>::iterator> by_number_;
    Clock::time_point start_;
    Wire wire_; ///< last: its callbacks use the rest
};

} // namespace sim
