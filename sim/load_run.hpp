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
    /// No more falls due. What is due already is sent, as far as there is room before its deadline, and what
    /// is in flight may still be answered.
    void stop();
    [[nodiscard]] Time now() const { return Clock::now() - start_; }
    [[nodiscard]] const RatePace& pace() const { return pace_; }

    [[nodiscard]] const LoadTally& tally() const { return tally_; }
    struct Totals {
        std::size_t planned = 0;
        std::size_t sent = 0;
        std::size_t unsent = 0; ///< due, and never sent
        std::size_t strays = 0; ///< came and answer nothing, or a second time
        std::size_t reconnects = 0;
        Time held_longest{0};
        Time held{0}; ///< how long there were messages for which there was no room, in tenths of a second
        Time held_busy{0}; ///< of that: the generator worked, or waited for a processor (busy_time())
        Time took{0};
        bool was_stopped = false; ///< by stop()
        bool was_lost = false;    ///< no connection was left, and none could be opened for long
    };
    [[nodiscard]] Totals totals() const;
    /// How long a stage has lasted: less or more than planned when somebody changed the rate, or ended it.
    [[nodiscard]] Time lasted(std::size_t stage) const;

private:
    enum class State : std::uint8_t { unsent, waiting, expired, answered, dropped };
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
    void drop_held(Time at);
    void note_effort(Time at);
    [[nodiscard]] std::optional<std::size_t> stage_at(Time at);
    void tick();
    void count_unanswered();

    const NetworkModel& network_;
    const Schedule& schedule_;
    LoadWriter& writer_;
    LoadRunSettings settings_;
    Events events_;
    std::vector<std::string> approvals_;          ///< DE39 of what is no decline
    std::vector<std::vector<std::size_t>> kinds_; ///< by scenario and step
    std::vector<Time> stage_ends_;                ///< in the schedule
    std::size_t stage_now_ = 0;
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
    bool has_held_ = false; ///< since the last tick
    Time last_tick_{0};
    Time last_busy_{0};
    Totals totals_;
    bool is_stopping_ = false;
    Time stopped_at_{Time::max()};
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
