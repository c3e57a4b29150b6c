/// Many sales, and a memory of every answer: what a crash test compares the books with, and what a benchmark
/// is measured by, sent with a bounded number outstanding. What is sent at a rate is a LoadRun.
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
#include <vector>

namespace sim {

/// One message of a load.
struct LoadMessage {
    std::size_t card = 0; ///< which of the cards
    std::string stan;
    std::string terminal; ///< DE41
    Bytes bytes;          ///< as it goes on the wire, with header and frame
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
        std::size_t count = 0;         ///< at most 999,999: as many as there are STANs
        std::size_t merchants = 0;     ///< DE42, taken in turn; none: the one that the network's template has
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
    /// What came and answers none of the messages.
    [[nodiscard]] std::size_t strays() const { return strays_; }

    /// Sends these messages again, or for the first time, and waits for their answers.
    /// on_answer    called after each answer with how many have come in this call
    /// returns      how many answers came: fewer than asked for when all connections ended or `limit` passed
    /// throws       WireError
    std::size_t send(const std::vector<std::size_t>& which, const Address& address, const Window& window,
                     std::chrono::milliseconds limit, const std::function<void(std::size_t)>& on_answer = {});

private:
    friend class LoadLine;

    [[nodiscard]] LoadMessage* asked_for(const codec::Message& answer);

    const NetworkModel& network_;
    std::vector<LoadMessage> messages_;
    std::vector<std::uint32_t> by_stan_; ///< STAN -> index + 1 of its message
    std::size_t strays_ = 0;
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
    struct Connection {
        int room = 0; ///< how many more it may have outstanding
        Bytes leaving;
    };
    void received(const std::string& on, std::span<const std::uint8_t> bytes);
    void fill_windows();
    void take_next(Connection& connection, Clock::time_point now);
    void hand_over();

    Load& load_;
    codec::Message answer_; ///< its memory is used again and again
    std::vector<std::size_t> waiting_;
    std::size_t next_ = 0;
    std::size_t came_ = 0;
    int open_ = 0;
    std::map<std::string, Connection> connections_;
    std::function<void(std::size_t)> on_answer_;
    Wire wire_; ///< last: its callbacks use the rest
};

} // namespace sim
