#include "sim/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace sim {

namespace {

std::vector<double> weights_of(const std::vector<ScheduleSettings::Scenario>& mix)
{
    std::vector<double> weights;
    for (const auto& scenario : mix) weights.push_back(scenario.weight);
    return weights;
}

/// FNV-1a over the bytes of a number, lowest first.
void mix_in(std::uint64_t& hash, std::uint64_t value)
{
    for (int byte = 0; byte < 8; ++byte) {
        hash = (hash ^ (value & 0xFFU)) * 0x100000001B3U;
        value >>= 8U;
    }
}

void check_size(const ScheduleSettings& settings)
{
    std::size_t steps = 1;
    for (const auto& scenario : settings.mix) steps = std::max(steps, scenario.steps);
    if (expected_messages(settings.stages, steps) > Schedule::expected_max)
        throw std::invalid_argument("a load of more than " + std::to_string(Schedule::messages_max) +
                                    " messages: make it shorter or slower");
}

} // namespace

WeightedPick::WeightedPick(const std::vector<double>& weights)
{
    std::partial_sum(weights.begin(), weights.end(), std::back_inserter(sums_));
}

std::size_t WeightedPick::draw(Rng& rng) const
{
    // A share is above zero, so that a weight of zero is never taken.
    const double at = draw_share(rng) * sums_.back();
    const auto found = std::lower_bound(sums_.begin(), sums_.end(), at);
    return static_cast<std::size_t>(std::min(found, sums_.end() - 1) - sums_.begin());
}

std::vector<double> zipf_weights(std::size_t count, double exponent)
{
    std::vector<double> weights;
    for (std::size_t i = 1; i <= count; ++i) weights.push_back(std::pow(static_cast<double>(i), -exponent));
    return weights;
}

double expected_messages(const std::vector<RateStage>& stages, std::size_t steps)
{
    double count = 0;
    for (const RateStage& stage : stages) count += expected_count(stage);
    return count * static_cast<double>(steps);
}

Schedule::Schedule(const ScheduleSettings& settings)
{
    check_size(settings);
    draw_transactions(settings);
    order_.resize(messages_.size());
    std::iota(order_.begin(), order_.end(), 0U);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return messages_[a].due < messages_[b].due; });
}

void Schedule::draw_transactions(const ScheduleSettings& settings)
{
    // Times have a sequence of their own: another mix or other cards leave them as they are.
    Rng rng(settings.seed);
    Rng of_times(rng.next());
    const WeightedPick scenarios(weights_of(settings.mix));
    const WeightedPick cards(zipf_weights(settings.cards, settings.zipf));
    const auto amounts = static_cast<std::uint64_t>(settings.amount_max - settings.amount_min) + 1;
    for (const Arrival& arrival : draw_arrivals(settings.stages, settings.arrivals, of_times)) {
        Transaction made;
        made.first_message = static_cast<std::uint32_t>(messages_.size());
        made.scenario = static_cast<std::uint16_t>(scenarios.draw(rng));
        made.stage = static_cast<std::uint16_t>(arrival.stage);
        made.card = static_cast<std::uint32_t>(cards.draw(rng));
        made.amount_minor = settings.amount_min + static_cast<std::int64_t>(rng.below(amounts));
        const auto number = static_cast<std::uint32_t>(transactions_.size());
        const auto& scenario = settings.mix[made.scenario];
        for (std::size_t step = 0; step < scenario.steps; ++step)
            messages_.push_back({arrival.at + scenario.gap * static_cast<std::int64_t>(step), number,
                                 static_cast<std::uint16_t>(step)});
        transactions_.push_back(made);
    }
}

std::uint64_t Schedule::digest() const
{
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const std::uint32_t place : order_) {
        const Message& message = messages_[place];
        const Transaction& transaction = transactions_[message.transaction];
        for (const std::uint64_t value :
             {static_cast<std::uint64_t>(message.due.count()), std::uint64_t{place},
              std::uint64_t{message.step}, std::uint64_t{transaction.scenario},
              std::uint64_t{transaction.card}, static_cast<std::uint64_t>(transaction.amount_minor)})
            mix_in(hash, value);
    }
    return hash;
}

} // namespace sim
