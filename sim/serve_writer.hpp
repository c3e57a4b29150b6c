/// The messages of a network that serves: requests, what follows from silence, network management.
#pragma once

#include "sim/network_model.hpp"
#include "sim/run_ids.hpp"
#include "sim/terminal.hpp"

#include <optional>
#include <string>

namespace sim {

class ServeWriter {
public:
    ServeWriter(const NetworkModel& network, std::uint64_t seed);

    /// What is to be written.
    struct Order {
        std::string kind;                         ///< "sale", "reversal", "advice"
        std::string of_kind{};                    ///< kind of the original; empty: it names none
        const codec::Message* original = nullptr; ///< null with of_kind empty
        const CardInHand* card = nullptr;
        std::optional<Amount> amount{}; ///< none: the original's
        std::string reason{};           ///< a name of [reasons]
    };
    [[nodiscard]] bool can_write(const std::string& kind, const std::string& of_kind) const;
    /// throws   StepFailed when the network has no such message
    [[nodiscard]] codec::Message write(const Order& order);
    /// A sign-on that says something else.
    /// code     DE70
    [[nodiscard]] codec::Message management(const std::string& code);
    [[nodiscard]] static codec::Message answer_to(const codec::Message& management_request);

    /// throws   StepFailed
    [[nodiscard]] Bytes encoded(const codec::Message& message) const;
    /// With the MTI's repeat digit.
    [[nodiscard]] Bytes encoded_as_repeat(codec::Message message) const;

    /// What an answer and its request have in common: MTI of the answer, STAN and DE7.
    [[nodiscard]] static std::string answer_name_of_request(const codec::Message& request);
    [[nodiscard]] static std::string answer_name(const codec::Message& answer);

private:
    const NetworkModel& network_;
    RunIds ids_;
    std::string terminal_;
};

} // namespace sim
