#include "sim/fire_command.hpp"

#include "sim/fire_faults.hpp"
#include "sim/fire_points.hpp"
#include "sim/fire_stage.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <fstream>
#include <iostream>

namespace sim {

namespace {

constexpr std::chrono::seconds settle_limit{60};
constexpr std::size_t sample = 20; ///< every so manyth message is asked once more at the end

/// Money for about four fifths of the sales, so that some are refused.
std::int64_t opening_of(const FireOptions& options)
{
    constexpr std::size_t usual_sale = 110; ///< minor units a message, what is given back taken off
    return static_cast<std::int64_t>(
        std::max<std::size_t>(1'000, usual_sale * options.messages / options.cards));
}

FirePlan plan_of(const FireOptions& options)
{
    FirePlanSettings settings;
    settings.seed = options.seed;
    settings.messages = options.messages;
    settings.faults = options.faults;
    settings.cards = options.cards;
    return make_fire_plan(settings);
}

/// One run, from the cards to the verdict.
class Fire {
public:
    Fire(const FireOptions& options, FirePostgres& postgres)
        : options_(options), plan_(plan_of(options)),
          stage_({.options = options,
                  .postgres = postgres,
                  .opening_minor = opening_of(options),
                  .treat = [this](const PassingFrame& frame) { return treat(frame); }})
    {
        std::ofstream file(stage_.folder() + "/plan.txt");
        write_plan(plan_, file);
    }

    FireReport run()
    {
        const auto begin = Clock::now();
        report_.seed = options_.seed;
        for (const std::string& name : options_.tolerated) report_.tolerated.push_back(*breach_named(name));
        report_.planned = plan_.messages.size();
        FireFaults faults(stage_, options_.seed);
        send(faults);
        report_.faults = faults.counts();
        report_.fault_seconds = faults.seconds();
        report_.own_ends = faults.own_ends();
        report_.stop_status = stage_.host().stop();
        stage_.judge(report_);
        report_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        return report_;
    }

    std::string keep() { return stage_.keep(report_); }

private:
    Treatment treat(const PassingFrame& frame)
    {
        if (is_quiet_) return {};
        const Treatment treatment = plan_.treatment(frame.direction, frame.number, frame.message.size());
        ++report_.treatments.at(static_cast<std::size_t>(treatment.kind));
        return treatment;
    }

    void send(FireFaults& faults)
    {
        const auto traffic = stage_.traffic(
            plan_, {[&] { return faults.is_idle(); }, [&](const ProcessFault& f) { faults.begin(f); }});
        traffic->run();
        is_quiet_ = true;
        const auto begin = Clock::now();
        report_.unanswered = traffic->settle(settle_limit);
        report_.settled_after = std::chrono::duration<double>(Clock::now() - begin).count();
        traffic->repeat_every(sample);
        report_.traffic = traffic->counts();
    }

    const FireOptions& options_;
    FirePlan plan_;
    FireReport report_;
    std::atomic<bool> is_quiet_{false};
    FireStage stage_; ///< last: its proxy asks us
};

} // namespace

CLI::App* add_fire(CLI::App& program, FireOptions& options)
{
    CLI::App* fire = program.add_subcommand(
        "fire",
        "kill server, database and connections under random traffic, then prove that nothing is lost");
    fire->footer("Example (scripts/chaos gives it a cluster and runs it):\n"
                 "  tollgate-sim fire --messages 2000 --seed 7 --plan");
    fire->add_option("--messages", options.messages,
                     "planned ones; what a network repeats and reverses comes on top")
        ->check(CLI::Range(100, 10'000'000));
    fire->add_option("--faults", options.faults,
                     "of processes (default: one for each 800 messages, at least 8)");
    fire->add_option("--cards", options.cards, "each with an account")->check(CLI::Range(1, 100'000));
    fire->add_option("--postgres-data", options.postgres_data,
                     "the cluster's data folder; the run stops and starts it")
        ->envname("TOLLGATE_POSTGRES_DIR");
    std::vector<std::string> breaches;
    for (std::size_t i = 0; i < breach_count; ++i) breaches.emplace_back(name_of(static_cast<Breach>(i)));
    fire->add_option("--tolerate", options.tolerated, "a kind of breach that is counted and fails no run")
        ->type_name("BREACH")
        ->check(CLI::IsMember(breaches));
    fire->add_flag("--crash-points", options.crash_points,
                   "kill the server at each of its named points instead; needs a test build");
    fire->add_option("--kills", options.kills, "at each point")->check(CLI::Range(1, 100'000));
    fire->add_option("--point", options.points, "only this point (may be given several times)");
    fire->add_flag("--plan", options.only_plan, "print what the seed stands for, and do nothing");
    return fire;
}

Exit run_fire(const FireOptions& options, std::ostream& out, std::ostream& err)
{
    std::ostream& words = options.wants_json ? err : out;
    words << "seed " << options.seed << std::endl;
    if (options.only_plan) {
        write_plan(plan_of(options), out);
        return Exit::done;
    }
    FirePostgres postgres(options.postgres_data, options.database_url,
                          options.postgres_data + "/../server.log");
    if (options.crash_points) return run_crash_points(options, postgres, out, err);
    Fire fire(options, postgres);
    const FireReport report = fire.run();
    out << (options.wants_json ? json_of(report) : text_of(report));
    if (report.is_good()) return Exit::done;
    words << "kept in " << fire.keep() << "\nrepeat with: scripts/chaos --seed " << options.seed
          << " --messages " << options.messages
          << (options.faults == 0 ? "" : " --faults " + std::to_string(options.faults)) << "\n";
    return report.books.status == 0 ? Exit::differs : Exit::money;
}

} // namespace sim
