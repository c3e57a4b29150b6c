#include "sim/runner.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

namespace sim {

namespace {

Verdict play_one(const Scenario& scenario, const Side& side, const World& world)
{
    try {
        std::unique_ptr<Host> own;
        if (scenario.restarts_host() && world.own_host) own = world.own_host();
        return play(scenario, side, Stage{own ? *own : world.host, world.office, world.ids});
    } catch (const std::exception& error) {
        Verdict verdict;
        verdict.place = text_of(scenario.steps.front().place);
        verdict.problem = error.what();
        return verdict;
    }
}

} // namespace

Report play_all(const RunPlan& plan, const World& world)
{
    Report report;
    report.seed = world.ids.seed();
    struct Job {
        const Scenario* scenario;
        const Side* side;
    };
    std::vector<Job> jobs;
    for (const Scenario& scenario : plan.scenarios) {
        for (const Side& side : plan.sides) {
            jobs.push_back({&scenario, &side});
            report.played.push_back({scenario.name,
                                     scenario.title,
                                     side.model->name(),
                                     !scenario.runs_on(side.model->name()),
                                     {}});
        }
    }

    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < jobs.size(); i = next++)
            if (!report.played[i].was_skipped)
                report.played[i].verdict = play_one(*jobs[i].scenario, *jobs[i].side, world);
    };
    std::vector<std::jthread> threads;
    for (int i = 1; i < plan.jobs; ++i) threads.emplace_back(work);
    work();
    threads.clear();
    return report;
}

std::vector<Scenario> only_tagged(std::vector<Scenario> scenarios, const std::string& tag)
{
    std::erase_if(scenarios, [&](const Scenario& scenario) {
        return std::find(scenario.tags.begin(), scenario.tags.end(), tag) == scenario.tags.end();
    });
    return scenarios;
}

} // namespace sim
