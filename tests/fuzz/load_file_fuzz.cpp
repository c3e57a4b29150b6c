/// Input: the TOML of a load. It is refused with its place, or gives a load that can be offered: times,
/// amounts and rates are such as a wire and a schedule can have.

#include "sim/load_file.hpp"
#include "sim/schedule.hpp"
#include "sim/toml_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <cmath>
#include <string>

using fuzz::require;

namespace {

constexpr std::string_view file_name = "fuzz.toml";
constexpr double transactions_max = 2'000; ///< of a load that is drawn here

void check_start(const sim::LoadPlan& plan)
{
    if (!plan.start_us) return;
    require(sim::parse_moment(sim::moment_text(*plan.start_us)) == plan.start_us,
            "a moment is the same when it is written and read");
}

void check_amount(const sim::Amount& amount)
{
    require(amount.minor > 0 && sim::de4_of(amount).size() == 12, "an amount has room in DE4");
    require(sim::parse_amount(sim::text_of(amount)) == amount, "an amount comes back");
}

double expected_count(const sim::LoadPlan& plan)
{
    double count = 0;
    for (const sim::RateStage& stage : plan.stages) {
        const double of_stage = sim::expected_count(stage);
        require(std::isfinite(of_stage) && of_stage >= 0, "a stage has a number of transactions");
        count += of_stage;
    }
    return count;
}

void check_schedule(const sim::LoadPlan& plan)
{
    if (expected_count(plan) > transactions_max || plan.cards.count > 10'000) return;
    sim::ScheduleSettings settings;
    settings.seed = plan.seed.value_or(1);
    settings.stages = plan.stages;
    settings.arrivals = plan.arrivals;
    for (const auto& scenario : plan.mix)
        settings.mix.push_back({.weight = scenario.weight, .steps = 2, .gap = scenario.gap});
    settings.cards = plan.cards.count;
    settings.zipf = plan.cards.zipf;
    settings.amount_min = plan.amount_min.minor;
    settings.amount_max = plan.amount_max.minor;
    const sim::Schedule schedule(settings);
    for (const auto& transaction : schedule.transactions()) {
        require(transaction.amount_minor >= settings.amount_min &&
                    transaction.amount_minor <= settings.amount_max,
                "an amount is one of the load's");
        require(transaction.card < settings.cards && transaction.stage < plan.stages.size() &&
                    transaction.scenario < plan.mix.size(),
                "card, stage and scenario are those of the load");
    }
    require(sim::Schedule(settings).digest() == schedule.digest(), "a seed offers one load");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    sim::LoadPlan plan;
    try {
        plan = sim::parse_load(fuzz::as_text({data, size}), std::string(file_name));
    } catch (const sim::FileError& error) {
        require(fuzz::begins_with_place(error.what(), file_name), "an error tells file, line and column");
        return 0;
    }
    check_start(plan);
    check_amount(plan.amount_min);
    check_amount(plan.amount_max);
    check_schedule(plan);
    return 0;
}
