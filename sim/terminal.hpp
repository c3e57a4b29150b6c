/// The shop's terminal: writes messages as its network wants them, remembers what it sent and knows which
/// answer belongs to what. No I/O.
#pragma once

#include "sim/faults.hpp"
#include "sim/network_model.hpp"
#include "sim/run_ids.hpp"
#include "sim/scenario.hpp"
#include "sim/wire.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace sim {

/// A scenario asks for something that this network does not have, or a step's expectation is not met.
struct StepFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One sending of a message on one connection, and what came back.
struct Delivery {
    std::string on;
    Fate fate;
    Clock::time_point sent;
    Bytes request;                      ///< as it goes on the wire
    bool has_left = false;              ///< the request is on its way to the host
    std::optional<codec::Message> seen; ///< the answer the host gave, lost or not
    Bytes seen_bytes;
    bool is_answered = false;      ///< the terminal has it
    bool terminal_gave_up = false; ///< it had stopped waiting
    bool is_settled = false;       ///< a step has dealt with it
    bool connection_ended = false; ///< before the answer
};

/// One message and all its sendings.
struct Exchange {
    std::string name; ///< in the scenario
    std::string kind;
    codec::Message request;
    std::optional<Amount> amount;
    std::deque<Delivery> deliveries; ///< a deque: its members stay where they are
};

/// A card in the terminal's slot.
struct CardInHand {
    std::string pan;
    std::string expiry_yymm;
};

class Terminal {
public:
    /// number   DE41
    Terminal(const NetworkModel& network, RunIds& ids, std::string number);

    /// Writes the message that `send` describes.
    /// card     null when the kind needs none
    /// throws   StepFailed
    Exchange& write(const Send& send, const CardInHand* card);

    [[nodiscard]] Exchange& exchange(const std::string& name);
    [[nodiscard]] std::deque<Exchange>& exchanges() { return exchanges_; }

    /// One more sending of it; throws StepFailed when it cannot be encoded.
    Delivery& add_delivery(Exchange& exchange, const std::string& on, const Fate& fate, bool marks_repeat);

    /// The sending that this answer answers: same MTI, STAN and, where both have them, DE7 and DE41. The
    /// oldest one first. Null when nobody asked.
    [[nodiscard]] Delivery* asked_for(const std::string& on, const codec::Message& answer, std::string& name);

    /// How the message is named to the office.
    [[nodiscard]] const std::string& number() const { return number_; }

private:
    void replace_fields(codec::Message& message, const std::vector<FieldRule>& rules) const;
    [[nodiscard]] Values values_for(const Send& send, const Exchange* original, const CardInHand* card) const;

    const NetworkModel& network_;
    RunIds& ids_;
    std::string number_;
    std::deque<Exchange> exchanges_; ///< a deque: its members stay where they are
};

/// MMDDhhmmss of a moment, ms since 1970.
[[nodiscard]] std::string month_to_second(std::int64_t unix_ms);

} // namespace sim
