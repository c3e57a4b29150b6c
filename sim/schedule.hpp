/// What a load sends and when, drawn before its begin from a seed and nothing else: the same seed offers the
/// same load, whatever the server does.
#pragma once

#include "sim/schedule_rates.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace sim {

struct ScheduleSettings {
    /// A kind of transaction: messages one after the other.
    struct Scenario {
        double weight = 1;
        std::size_t steps = 1;
        std::chrono::nanoseconds gap{0}; ///< from one message's intended time to the next one's
    };
    std::uint64_t seed = 0;
    std::vector<RateStage> stages;
    Arrivals arrivals = Arrivals::poisson;
    std::vector<Scenario> mix;
    std::size_t cards = 1;
    double zipf = 0; ///< exponent: the n-th card is taken n^-zipf times as often as the first; 0: all alike
    std::int64_t amount_min = 1; ///< minor units
    std::int64_t amount_max = 1;
};

/// How many messages a schedule of these stages has on average, were all its transactions as long.
[[nodiscard]] double expected_messages(const std::vector<RateStage>& stages, std::size_t steps);

class Schedule {
public:
    struct Transaction {
        std::int64_t amount_minor = 0;
        std::uint32_t first_message = 0;
        std::uint32_t card = 0;
        std::uint16_t scenario = 0;
        std::uint16_t stage = 0;
    };
    struct Message {
        std::chrono::nanoseconds due{0}; ///< intended time, from the begin
        std::uint32_t transaction = 0;
        std::uint16_t step = 0;
    };

    /// throws   std::invalid_argument when it has more than messages_max messages
    explicit Schedule(const ScheduleSettings& settings);

    [[nodiscard]] const std::vector<Transaction>& transactions() const { return transactions_; }
    /// Those of a transaction stand together.
    [[nodiscard]] const std::vector<Message>& messages() const { return messages_; }
    /// Places in messages(), by intended time.
    [[nodiscard]] const std::vector<std::uint32_t>& order() const { return order_; }
    /// Two schedules with the same digest offer the same load.
    [[nodiscard]] std::uint64_t digest() const;

    static constexpr std::size_t messages_max = 20'000'000;     ///< some 60 bytes of memory each
    static constexpr double expected_max = messages_max * 0.99; ///< chance may bring more than are expected

private:
    void draw_transactions(const ScheduleSettings& settings);

    std::vector<Transaction> transactions_;
    std::vector<Message> messages_;
    std::vector<std::uint32_t> order_;
};

/// Draws indexes, each as often as its weight says.
class WeightedPick {
public:
    /// weights  none below zero, not all zero
    explicit WeightedPick(const std::vector<double>& weights);

    [[nodiscard]] std::size_t draw(Rng& rng) const;

private:
    std::vector<double> sums_;
};

[[nodiscard]] std::vector<double> zipf_weights(std::size_t count, double exponent);

} // namespace sim
