/// What goes over the wire in one scenario: sends with their faults, hands answers to the terminal, keeps the
/// ladder.
#pragma once

#include "sim/ladder.hpp"
#include "sim/network_model.hpp"
#include "sim/terminal.hpp"
#include "sim/wire.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace sim {

class Traffic {
public:
    using AddressOf = std::function<Address(const std::string& on)>;

    Traffic(const NetworkModel& network, Terminal& terminal, Ladder& ladder, AddressOf address_of,
            Reach reach = {});

    /// throws   StepFailed when the connection has been closed by the host, WireError when there is none
    void send(Exchange& exchange, Delivery& delivery);
    void send_raw(const Send& send, const std::string& on);
    /// Lets held requests and held answers go.
    void release(Exchange& exchange);

    /// Waits for an answer to each sending that is open and can be answered.
    /// throws   StepFailed: no answer, or nothing to wait for
    [[nodiscard]] std::vector<Delivery*> wait_for_answers(Exchange& exchange,
                                                          std::chrono::milliseconds limit);

    /// The terminal waits its timeout. Where a fault of the wire makes an answer impossible nobody waits;
    /// then the host's answer, which is lost, must have come within `limit`. throws   StepFailed: an answer
    /// came
    void expect_silence(Exchange& exchange, std::chrono::milliseconds pos_timeout,
                        std::chrono::milliseconds limit);

    [[nodiscard]] bool wait_until_closed(const std::string& on, std::chrono::milliseconds limit);

    /// All connections are gone and may be opened again.
    void host_restarted();

    /// What came that nobody asked for; empty when nothing did.
    [[nodiscard]] const std::string& surprise() const { return surprise_; }

private:
    void open(const std::string& on);
    void let_go(Exchange& exchange, Delivery& delivery);
    void received(const std::string& on, std::span<const std::uint8_t> bytes);
    void deliver(Exchange& exchange, Delivery& delivery);
    void closed(const std::string& on);
    [[nodiscard]] std::string label(const Exchange& exchange, const Delivery& delivery) const;
    [[nodiscard]] std::string answer_label(const Exchange& exchange, const Delivery& delivery) const;

    const NetworkModel& network_;
    Terminal& terminal_;
    Ladder& ladder_;
    AddressOf address_of_;
    std::set<std::string> closed_by_host_;
    std::set<std::string> closing_expected_;
    std::string surprise_;
    Wire wire_; ///< last: its callbacks use the rest
};

} // namespace sim
