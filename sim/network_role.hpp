/// A network towards an issuer: asks, waits no longer than its timeout, reverses what was not answered and
/// repeats that until it is acknowledged, decides alone while the issuer is away, and keeps its own belief of
/// what happened. No I/O, no clock of its own; network management is serve_links.hpp.
#pragma once

#include "sim/serve_plan.hpp"
#include "sim/serve_saf.hpp"
#include "sim/serve_writer.hpp"
#include "sim/settlement.hpp"

#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace sim {

class NetworkRole {
public:
    struct Settings {
        std::chrono::milliseconds timeout{5'000}; ///< for an answer to a request
        std::size_t in_flight_max = 1'000;        ///< requests unanswered; above it none is made
        StoreAndForward::Settings saf;            ///< with the number of links
        std::uint64_t seed = 1;
    };
    struct Counts {
        std::uint64_t requests = 0; ///< sent
        std::uint64_t approved = 0;
        std::uint64_t declined = 0; ///< by the issuer
        std::uint64_t timeouts = 0;
        std::uint64_t reversals = 0;              ///< of those
        std::uint64_t stood_in = 0;               ///< approved by the network itself
        std::uint64_t stand_in_declined = 0;      ///< declined by the network itself
        std::uint64_t held_back = 0;              ///< not even begun: too much is open
        std::uint64_t acknowledged = 0;           ///< reversals and advices
        std::uint64_t acknowledged_otherwise = 0; ///< of those, with another code than "accepted"
        std::uint64_t put_off = 0; ///< answers "unavailable" to reversals and advices: they are repeated
        std::uint64_t late = 0;    ///< answers that nobody waits for any more
    };
    using Send = std::function<void(std::size_t link, std::span<const std::uint8_t> message)>;

    NetworkRole(const NetworkModel& network, ServePlan plan, Settings settings, Send send);

    void link_up(std::size_t link);
    void link_down(std::size_t link);
    /// Anything but network management.
    void received(const codec::Message& message);
    /// Sends what is due, gives up what has waited too long. Call it often.
    void tick(Clock::time_point now);

    /// No more requests of its own.
    void stop_traffic() { is_stopping_ = true; }
    /// All that was planned has been begun.
    [[nodiscard]] bool has_begun_all() const { return plan_.count != 0 && begun_ >= plan_.count; }
    /// Nothing is unanswered or unacknowledged.
    [[nodiscard]] bool is_settled() const { return in_flight_.empty() && saf_.size() == 0; }

    /// What has become final since the last time: it leaves the role.
    [[nodiscard]] std::vector<SettlementLine> take_final();
    /// Everything: what has no answer is reversed, what is not acknowledged says so.
    [[nodiscard]] std::vector<SettlementLine> take_all();

    [[nodiscard]] const Counts& counts() const { return counts_; }
    [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
    [[nodiscard]] const StoreAndForward& saf() const { return saf_; }

private:
    struct Transaction {
        ServeKind kind = ServeKind::sale;
        std::size_t link = 0;
        codec::Message request;
        CardInHand card;
        SettlementLine line;
    };

    void send_traffic(Clock::time_point now);
    void begin_one(Clock::time_point now);
    [[nodiscard]] Transaction make_transaction();
    void ask(Transaction transaction, std::size_t link, Clock::time_point now);
    void stand_in(Transaction transaction);
    void give_up_unanswered(Clock::time_point now);
    void answered(Transaction transaction, const codec::Message& answer);
    void reverse(Transaction transaction);
    void store(Transaction transaction, const codec::Message& message, std::size_t link);
    void acknowledged(const codec::Message& answer, const std::string& name);
    void send_stored(Clock::time_point now);
    [[nodiscard]] std::size_t link_for(std::size_t wanted) const; ///< links_.size(): none is up

    const NetworkModel& network_;
    ServePlan plan_;
    Settings settings_;
    Send send_;
    ServeWriter writer_;
    StoreAndForward saf_;
    Rng rng_;
    Counts counts_;
    std::vector<std::uint8_t> links_; ///< 1: up
    bool is_stopping_ = false;
    std::uint64_t begun_ = 0;
    std::optional<Clock::time_point> first_;
    std::unordered_map<std::string, Transaction> in_flight_; ///< by the name of its answer
    std::deque<std::pair<Clock::time_point, std::string>> deadlines_;
    std::map<std::uint64_t, SettlementLine> unacknowledged_; ///< by number
    std::vector<SettlementLine> final_;
    std::deque<Transaction> sales_; ///< approved ones that may be refunded or cancelled, the newest
    std::unordered_map<std::string, std::int64_t>
        stood_in_; ///< minor units a card since the issuer went away
};

} // namespace sim
