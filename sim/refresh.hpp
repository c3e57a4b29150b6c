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
    std::chrono::seconds offset{0};             ///< added to every time
    std::uint64_t first_stan = 0;               ///< any number; STANs are counted from it, round and round
    std::uint64_t stan_count = 999'999;         ///< they are 1 to this
    std::uint64_t first_rrn = 0;                ///< the same with 12 digits
    std::map<std::string, std::string> cards{}; ///< test card number -> the one that takes its place
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
///
/// A server knows a transaction by STAN, DE7 and terminal. Copies take the STANs one after the other; when
/// there are none left, the next copies begin with the first STAN again, behind all times of those before.
class Refresher {
public:
    /// traffic  lives longer
    /// copies   how many will be asked for
    /// throws   InputError when two transactions of so many copies would get one key
    Refresher(const ReplayTraffic& traffic, RefreshSettings settings, std::uint64_t copies = 1);

    /// place    of the request in the traffic
    /// copy     0 and above: messages of different copies have no key in common
    /// throws   InputError when its MAC cannot be made
    [[nodiscard]] codec::Message message(std::size_t place, std::uint64_t copy) const;

private:
    /// The numbers of a group's own values: what was one value in it stays one.
    using Numbers = std::map<std::pair<std::size_t, std::string>, std::uint64_t>;

    /// By what a message of the capture, or one that it names, is known: beside the terminal.
    struct Key {
        std::string stan;
        std::string time;
        WallTime near; ///< gives the year
    };
    [[nodiscard]] std::vector<Key> keys_of(const ReplayRequest& request) const;
    [[nodiscard]] WallTime near_of(const ReplayRequest& request) const;
    void number_values();
    void check_one_copy() const;
    void put_laps(std::uint64_t copies);
    [[nodiscard]] std::chrono::seconds span_of_times() const;
    [[nodiscard]] std::chrono::seconds offset_of(std::uint64_t copy) const;
    [[nodiscard]] std::string new_stan(std::size_t group, std::string_view old, std::uint64_t copy) const;
    [[nodiscard]] std::string new_original(const ReplayRequest& request, std::uint64_t copy) const;
    void put_cards(codec::Message& message) const;

    const ReplayTraffic& traffic_;
    RefreshSettings settings_;
    Numbers stan_numbers_;
    Numbers rrn_numbers_;
    std::uint64_t stans_ = 0; ///< that one copy takes
    std::uint64_t rrns_ = 0;
    std::uint64_t copies_of_lap_ = 1; ///< until the STANs begin again
    std::chrono::seconds lap_{0};     ///< by which each lap is later than the one before
};

} // namespace sim
