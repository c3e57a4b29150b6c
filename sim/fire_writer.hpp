/// The bytes of a fault run's messages, as network "iso-single-message" writes them.
#pragma once

#include "sim/fire_plan.hpp"
#include "sim/network_model.hpp"
#include "sim/run_ids.hpp"
#include "sim/terminal.hpp"

#include <string>
#include <vector>

namespace sim {

class FireWriter {
public:
    /// cards    by the numbers that the plan uses
    FireWriter(const NetworkModel& network, RunIds& ids, std::vector<CardInHand> cards);

    /// A message that is no repeat.
    /// original     what it names; null when it names nothing
    [[nodiscard]] Bytes write(const PlannedMessage& message, const Bytes* original);
    /// The fault reversal of a message. Every fourth names no card: the original's key says which one.
    [[nodiscard]] Bytes reversal_of(const Bytes& original);

    [[nodiscard]] Bytes sign_on() { return encoded(build("sign_on", nullptr, {})); }

    /// The same message with the MTI's repeat digit.
    [[nodiscard]] Bytes as_repeat(const Bytes& message) const;

    /// What an answer and its request have in common: MTI of the answer, STAN, amount.
    [[nodiscard]] std::string answer_name_of_request(std::span<const std::uint8_t> request) const;
    /// Empty when it is no message. Sets the answer's DE39.
    [[nodiscard]] std::string answer_name(std::span<const std::uint8_t> answer, std::string& code) const;

private:
    [[nodiscard]] codec::Message build(const std::string& kind, const Bytes* original, Values values);
    [[nodiscard]] Bytes encoded(const codec::Message& message) const;

    const NetworkModel& network_;
    RunIds& ids_;
    std::vector<CardInHand> cards_;
    std::vector<std::string> terminals_;
    std::size_t written_ = 0;
    std::size_t reversals_ = 0;
};

} // namespace sim
