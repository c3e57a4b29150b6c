/// Many sales with a bounded number outstanding, and a memory of every answer: what a crash test compares the
/// books with.
#pragma once

#include "sim/network_model.hpp"
#include "sim/run_ids.hpp"
#include "sim/terminal.hpp"
#include "sim/wire.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace sim {

/// One message of a load.
struct LoadMessage {
    std::size_t card = 0; ///< which of the cards
    std::string stan;
    Bytes bytes;
    struct Seen {
        std::string code;     ///< DE39
        std::string approval; ///< DE38, empty when absent
        Clock::duration took{0};
    };
    std::vector<Seen> answers; ///< one per answer that came, in order
    Clock::time_point sent;
};

class Load {
public:
    struct Settings {
        std::vector<CardInHand> cards; ///< taken in turn
        Amount amount;                 ///< of every sale
        std::size_t count = 0;
    };
    struct Window {
        int connections = 4;
        int in_flight = 32; ///< per connection
    };

    /// Writes all the messages.
    Load(const NetworkModel& network, RunIds& ids, const Settings& settings);

    [[nodiscard]] const std::vector<LoadMessage>& messages() const { return messages_; }
    /// Those without any answer.
    [[nodiscard]] std::vector<std::size_t> unanswered() const;
    /// Every n-th of those with an answer.
    [[nodiscard]] std::vector<std::size_t> answered(std::size_t every) const;

    /// Sends these messages again, or for the first time, and waits for their answers.
    /// on_answer    called after each answer with how many have come in this call
    /// returns      how many answers came: fewer than asked for when all connections ended or `limit` passed
    /// throws       WireError
    std::size_t send(const std::vector<std::size_t>& which, const Address& address, const Window& window,
                     std::chrono::milliseconds limit, const std::function<void(std::size_t)>& on_answer = {});

private:
    friend class LoadLine;

    const NetworkModel& network_;
    std::vector<LoadMessage> messages_;
    std::unordered_map<std::string, std::size_t> by_stan_;
};

/// Open connections that a load goes over.
class LoadLine {
public:
    /// throws   WireError
    LoadLine(Load& load, const Address& address, const Load::Window& window);
    LoadLine(const LoadLine&) = delete;
    LoadLine& operator=(const LoadLine&) = delete;

    /// Sends as many of these as the window lets out; the rest follows as answers come.
    void send(const std::vector<std::size_t>& which);
    /// Waits until `count` answers have come over this line in all, or until no connection is left.
    /// returns  how many came
    std::size_t wait_for(std::size_t count, Clock::time_point deadline);
    void on_answer(std::function<void(std::size_t)> then) { on_answer_ = std::move(then); }

private:
    void received(const std::string& on, std::span<const std::uint8_t> bytes);
    void send_next(const std::string& on);

    Load& load_;
    std::vector<std::size_t> waiting_;
    std::size_t next_ = 0;
    std::size_t came_ = 0;
    int open_ = 0;
    std::map<std::string, int> room_; ///< how many more a connection may have outstanding
    std::function<void(std::size_t)> on_answer_;
    Wire wire_; ///< last: its callbacks use the rest
};

} // namespace sim
