/// Store and forward: what a network has decided and must still tell the issuer, until the issuer has
/// acknowledged it. No I/O, no clock.
#pragma once

#include "sim/wire.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace sim {

struct StoredMessage {
    std::uint64_t transaction = 0;
    Bytes first;             ///< as it is sent the first time
    Bytes repeat;            ///< and every other time: with the MTI's repeat digit
    std::string answer_name; ///< how its answer is known
};

/// A queue for each link. Only the first message of a queue is under way: the issuer gets them in the order
/// in which they were decided.
class StoreAndForward {
public:
    struct Settings {
        std::size_t links = 1;
        std::size_t capacity = 10'000; ///< messages, all queues together
        /// How long a message waits for its answer before it is repeated, the last one for ever; never empty.
        std::vector<std::chrono::milliseconds> pauses{std::chrono::seconds(1), std::chrono::seconds(5),
                                                      std::chrono::seconds(15), std::chrono::seconds(60)};
    };

    explicit StoreAndForward(Settings settings);

    [[nodiscard]] std::size_t size() const { return size_; }
    /// True when `more` messages have room.
    [[nodiscard]] bool has_room(std::size_t more) const { return size_ + more <= settings_.capacity; }
    void add(std::size_t link, StoredMessage message);

    /// What the link's queue has to send now; null when there is nothing, or its first one waits.
    [[nodiscard]] const Bytes* due(std::size_t link, Clock::time_point now) const;
    /// What due() gave has left.
    void sent(std::size_t link, Clock::time_point now);
    /// The issuer is there again: nobody waits any longer for what was lost with it.
    void hurry();

    struct Acknowledged {
        bool is_known = false; ///< a message under way is named so
        std::uint64_t transaction = 0;
    };
    /// Takes the message off its queue.
    Acknowledged acknowledge(const std::string& answer_name);
    /// The issuer could not do it now: the message stays, and is repeated when its time has come.
    [[nodiscard]] bool is_under_way(const std::string& answer_name) const;

    [[nodiscard]] std::uint64_t repeats() const { return repeats_; }

private:
    struct Queue {
        std::deque<StoredMessage> messages;
        std::size_t tries = 0;                             ///< of the first message
        Clock::time_point next = Clock::time_point::min(); ///< not before
    };

    Settings settings_;
    std::vector<Queue> queues_;
    std::size_t size_ = 0;
    std::uint64_t repeats_ = 0;
};

} // namespace sim
