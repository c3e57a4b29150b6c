/// Captured messages made new, so that a capture can be replayed again without meeting its own keys, and what
/// refers to what still does. docs/replay.md has the list of elements.
#pragma once

#include "codec/mac.hpp"
#include "sim/replay_traffic.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sim {

struct RefreshSettings {
    std::chrono::seconds offset{0}; ///< added to every time
    std::uint64_t first_stan = 0;   ///< any number; STANs are counted from it, 1 to 999,999 round and round
    std::uint64_t first_rrn = 0;    ///< the same with 12 digits
    std::map<std::string, std::string> cards{};     ///< test card number -> the one that takes its place
    std::shared_ptr<const codec::MessageMac> mac{}; ///< null: all messages go without one

    /// The first request of the capture is sent at `start`.
    /// seed     decides where STANs and RRNs begin, together with the start
    [[nodiscard]] static RefreshSettings at(WallTime start, const ReplayTraffic& traffic, std::uint64_t seed);
};

/// Every message gets one but network management, which has one where it had one in the capture.
/// mac      null: none is made
/// throws   InputError when it cannot be made
void put_mac(codec::Message& message, const ReplayRequest& request, const codec::MessageMac* mac);

/// Gives each message of a capture in its new form: a pure function of traffic and settings.
class Refresher {
public:
    /// traffic  lives longer
    Refresher(const ReplayTraffic& traffic, RefreshSettings settings);

    /// How many STANs one copy of the whole capture takes.
    [[nodiscard]] std::uint64_t stans() const { return stans_; }

    /// place    of the request in the traffic
    /// copy     0 and above: messages of different copies have no key in common
    /// throws   InputError when its MAC cannot be made
    [[nodiscard]] codec::Message message(std::size_t place, std::uint64_t copy) const;

private:
    /// The numbers of a group's own values: what was one value in it stays one.
    using Numbers = std::map<std::pair<std::size_t, std::string>, std::uint64_t>;

    [[nodiscard]] std::string new_stan(std::size_t group, std::string_view old, std::uint64_t copy) const;
    [[nodiscard]] std::string new_original(const ReplayRequest& request, std::uint64_t copy) const;
    void put_cards(codec::Message& message) const;

    const ReplayTraffic& traffic_;
    RefreshSettings settings_;
    Numbers stan_numbers_;
    Numbers rrn_numbers_;
    std::uint64_t stans_ = 0;
    std::uint64_t rrns_ = 0;
};

} // namespace sim
