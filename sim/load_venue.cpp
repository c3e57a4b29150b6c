#include "sim/load_venue.hpp"

#include "sim/load_cards.hpp"
#include "sim/rate_text.hpp"

#include <algorithm>

namespace sim {

namespace {

constexpr double key_factor = 1.1; ///< one press of + or -

ScheduleSettings schedule_settings(const LoadPlan& plan, const LoadWriterSettings& written)
{
    ScheduleSettings settings;
    settings.seed = written.seed;
    settings.stages = plan.stages;
    settings.arrivals = plan.arrivals;
    for (const LoadPlan::Scenario& scenario : plan.mix)
        settings.mix.push_back({scenario.weight, steps_of(scenario), scenario.gap});
    settings.cards = written.cards.size();
    settings.zipf = plan.cards.zipf;
    settings.amount_min = plan.amount_min.minor;
    settings.amount_max = plan.amount_max.minor;
    return settings;
}

LoadReport report_of(const LoadPlan& plan, const LoadWriterSettings& written, const Schedule& schedule)
{
    LoadReport report;
    report.plan = plan;
    report.seed = written.seed;
    report.started_us = written.start_us;
    report.digest = schedule.digest();
    report.transactions = schedule.transactions().size();
    return report;
}

void take_measures(const LoadRun& load, LoadReport& report)
{
    report.totals = load.totals();
    report.kinds = load.tally().kinds();
    report.total.measure = load.tally().total();
    report.total.measure.name = "total";
    for (std::size_t i = 0; i < report.plan.stages.size(); ++i) {
        const RateStage& stage = report.plan.stages[i];
        report.stages.push_back({load.tally().stages()[i], load.lasted(i)});
        if (stage.is_recorded) report.total.lasts += load.lasted(i);
    }
}

std::string stage_at(const std::vector<RateStage>& stages, std::chrono::nanoseconds scheduled)
{
    for (const RateStage& stage : stages) {
        if (scheduled <= stage.lasts) return stage.name;
        scheduled -= stage.lasts;
    }
    return "rest";
}

} // namespace

LoadVenue::LoadVenue(const LoadPlan& plan, std::uint64_t seed, const Settings& settings)
    : seed_(seed), network_(network_named(plan.network))
{
    if (plan.target) {
        address_ = *plan.target;
        reach_ = reach_of(settings.target, network_, seed);
        cards_ = cards_of(plan.cards, seed);
        return;
    }
    bed_ = std::make_unique<TestBed>(
        TestBed::Settings{.bin = settings.bin, .database_url = settings.database_url});
    const auto side = std::find_if(bed_->sides().begin(), bed_->sides().end(),
                                   [&](const Side& s) { return s.model->name() == network_->name(); });
    if (side == bed_->sides().end())
        throw HostError("a server of our own has no network \"" + plan.network + "\"");
    RunIds ids(seed, wall_clock_us());
    constexpr std::int64_t balance_minor = 1'000'000'000'000; // no sale is to be refused for want of money
    cards_ =
        import_cards(*bed_, ids, plan.cards.count, Amount{balance_minor, plan.amount_min.currency}).cards;
    host_ = bed_->start_host();
    address_ = host_->address(side->links.front());
}

LoadVenue::~LoadVenue() = default;

LoadReport LoadVenue::play(const LoadPlan& plan, LoadConsole& console)
{
    LoadWriterSettings written;
    for (const LoadPlan::Scenario& scenario : plan.mix) written.scenarios.push_back(scenario.name);
    written.cards = cards_;
    written.currency = plan.amount_min.currency;
    written.seal = reach_.seal;
    written.seed = seed_ + plays_++; // a server would answer the same keys from its memory
    written.start_us = plan.start_us.value_or(wall_clock_us());
    const Schedule schedule(schedule_settings(plan, written));
    if (!plan.start_us) written.start_us = wall_clock_us(); // drawing it has taken its time
    LoadWriter writer(*network_, schedule, written);
    LoadReport report = report_of(plan, written, schedule);
    report.target = text_of(address_);
    LoadRun load(*network_, schedule, writer, plan.stages,
                 {address_, reach_, plan.connections, plan.in_flight, plan.deadline},
                 events(report, console));
    running_ = &load;
    load.run();
    running_ = nullptr;
    take_measures(load, report);
    judge(report);
    return report;
}

LoadRun::Events LoadVenue::events(LoadReport& report, LoadConsole& console)
{
    LoadRun::Events events;
    events.second = [&](const LoadSecond& second) {
        report.rows.emplace_back(second, report.plan.deadline);
        const auto middle = std::chrono::milliseconds(second.second * 1'000 + 500);
        console.show(report.rows.back(), stage_at(report.plan.stages, running_->pace().reached(middle)));
    };
    events.tick = [&] { obey(report, console); };
    return events;
}

void LoadVenue::obey(LoadReport& report, LoadConsole& console)
{
    if (console.was_interrupted()) running_->stop();
    const auto key = console.key();
    if (!key) return;
    const RatePace& pace = running_->pace();
    if (*key == '+') running_->change_rate(pace.factor() * key_factor);
    if (*key == '-') running_->change_rate(pace.factor() / key_factor);
    if (*key == ' ') running_->pause_or_resume();
    if (*key == 'q') running_->stop();
    if (*key != '+' && *key != '-' && *key != ' ') return;
    report.changes.push_back({running_->now(), pace.factor(), pace.is_paused()});
    console.say(pace.is_paused() ? "paused" : "rate x " + percent_text(pace.factor()));
}

std::optional<CtlOffice::Books> LoadVenue::close()
{
    if (!bed_) return std::nullopt;
    (void)host_->stop();
    return bed_->office().check_books();
}

} // namespace sim
