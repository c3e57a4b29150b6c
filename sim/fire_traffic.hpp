/// The network of a fault run: sends what is planned, and does with what is not answered what a network does:
/// repeats it or reverses it, and a reversal until it is acknowledged. One thread.
#pragma once

#include "sim/fire_plan.hpp"
#include "sim/fire_writer.hpp"
#include "sim/rng.hpp"
#include "sim/wire.hpp"

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace sim {

class FireTraffic {
public:
    struct Settings {
        std::chrono::milliseconds network_timeout{2'000};
        std::size_t window = 128;     ///< messages that wait for their answer
        std::size_t per_tick = 1'000; ///< planned messages of ten milliseconds
    };
    /// The processes around: planned faults begin between two messages and end when they end.
    struct Faults {
        std::function<bool()> is_idle;
        std::function<void(const ProcessFault&)> begin;
    };

    /// doors    addresses; connection n goes to the n-th, from the start when there are more connections
    FireTraffic(const FirePlan& plan, FireWriter& writer, const NetworkModel& network,
                std::vector<Address> doors, Settings settings, Faults faults);

    /// Sends the plan. Ends when the last message has gone and the last fault is over.
    void run();
    /// Sends of the plan until `done`.
    void run_until(const std::function<bool()>& done);
    [[nodiscard]] bool has_sent_all() const { return next_ == plan_.messages.size(); }
    /// Repeats whatever has no answer until it has one.
    /// returns  how many have none after `limit`
    std::size_t settle(std::chrono::milliseconds limit);
    /// Sends every n-th message once more; ends when their answers have come, or after a timeout.
    void repeat_every(std::size_t n);

    struct Counts {
        std::size_t sent = 0; ///< frames, repeats and all
        std::size_t timeouts = 0;
        std::size_t repeats = 0;   ///< beside the planned ones
        std::size_t reversals = 0; ///< beside the planned ones
        std::size_t reconnects = 0;
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    using Kind = PlannedMessage::Kind;
    struct Entry {
        Bytes bytes;
        Kind kind = Kind::sale;
        bool is_sent = false;
        bool is_answered = false;
        bool is_reversed = false; ///< its reversal is on its way or planned
        bool waits = false;       ///< counts for the window
        int tries = 0;
    };

    void tick();
    void keep_connected();
    void look_at_timeouts();
    void send_planned();
    [[nodiscard]] bool may_send_next();
    void send_one(std::size_t number);
    void write(std::size_t number);
    /// The same bytes, or marked as a repeat.
    enum class As : std::uint8_t { first, marked_repeat };
    bool transmit(std::size_t entry, std::uint32_t connection, As as);
    void react(std::size_t entry);
    void reverse(std::size_t entry);
    void received(std::span<const std::uint8_t> bytes);
    [[nodiscard]] const std::string* open_connection(std::uint32_t wanted) const;

    const FirePlan& plan_;
    FireWriter& writer_;
    std::vector<Address> doors_;
    Settings settings_;
    Faults faults_;
    Rng rng_;                    ///< what is done about timeouts
    std::vector<Entry> entries_; ///< first those of the plan, in its order, then reversals of what timed out
    std::unordered_map<std::string, std::size_t> by_answer_;
    std::deque<std::pair<Clock::time_point, std::size_t>> timeouts_; ///< ascending: all wait equally long
    std::deque<std::size_t> again_;                                  ///< to be sent when the window has room
    std::vector<std::string> connections_;
    std::size_t next_ = 0;
    std::size_t next_fault_ = 0;
    std::size_t waiting_ = 0;
    std::size_t budget_ = 0; ///< planned messages that may still go in this tick
    std::size_t unanswered_ = 0;
    bool is_settling_ = false;
    Counts counts_;
    Wire wire_; ///< last: its callbacks use the rest
};

} // namespace sim
