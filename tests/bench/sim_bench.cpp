// Program `tollgate-bench-sim`: what the generator of load can offer from one thread, to an answerer in a
// process of its own on the same machine, and how late it is. scripts/bench sim runs it.

#include "sim/load_answerer.hpp"
#include "sim/load_run.hpp"
#include "tests/bench/report.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <ctime>
#include <iostream>
#include <map>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Settings {
    int rounds = 5;
    double rate = 110'000; ///< per second
    double seconds = 3;
    int connections = 16;
    bool json = false;
};

/// An answerer in a child process.
class Answerer {
public:
    explicit Answerer(const sim::NetworkModel& network)
    {
        sim::LoadAnswerer answerer(network, {});
        address_ = answerer.address();
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("no process");
        if (pid_ > 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        answerer.run();
        std::_Exit(0);
    }
    ~Answerer()
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Answerer(const Answerer&) = delete;
    Answerer& operator=(const Answerer&) = delete;

    [[nodiscard]] const sim::Address& address() const { return address_; }

private:
    sim::Address address_;
    pid_t pid_ = -1;
};

double cpu_seconds()
{
    ::timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

sim::ScheduleSettings schedule_of(const Settings& s, std::uint64_t seed)
{
    sim::RateStage stage;
    stage.name = "all";
    stage.from = s.rate;
    stage.lasts = std::chrono::nanoseconds(static_cast<std::int64_t>(s.seconds * 1e9));
    sim::ScheduleSettings settings;
    settings.seed = seed;
    settings.stages = {stage};
    settings.mix = {{}};
    settings.cards = 1'000;
    settings.zipf = 1;
    settings.amount_max = 100'000;
    return settings;
}

double microseconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double, std::micro>(time).count();
}

/// The values of all rounds, by name.
using Series = std::map<std::string, std::vector<double>>;

void run_round(const Settings& s, const sim::NetworkModel& network, std::uint64_t round, Series& series)
{
    const Answerer answerer(network);
    const sim::ScheduleSettings planned = schedule_of(s, round);
    const sim::Schedule schedule(planned);
    sim::RunIds ids(round, sim::wall_clock_us());
    sim::LoadWriterSettings written;
    written.scenarios = {"sale"};
    while (written.cards.size() < planned.cards) written.cards.push_back({ids.next_pan("999999"), "3512"});
    written.currency = "JPY";
    written.seed = round;
    written.start_us = sim::wall_clock_us();
    sim::LoadWriter writer(network, schedule, written);
    std::chrono::nanoseconds last{0};
    sim::LoadRun* running = nullptr;
    sim::LoadRun::Events events;
    events.sent = [&](std::uint32_t) { last = running->now(); };
    sim::LoadRunSettings settings;
    settings.address = answerer.address();
    settings.connections = s.connections;
    sim::LoadRun load(network, schedule, writer, planned.stages, settings, events);
    running = &load;
    const double cpu = cpu_seconds();
    load.run();
    const double used = cpu_seconds() - cpu;
    const sim::LoadMeasure total = load.tally().total();
    if (total.answered != load.totals().planned) throw std::runtime_error("not every request was answered");
    const auto sent = static_cast<double>(total.sent);
    series["offered"].push_back(sent / std::chrono::duration<double>(last).count());
    series["slip"].push_back(microseconds(total.slip.quantile(0.99)));
    series["slip p50"].push_back(microseconds(total.slip.quantile(0.5)));
    series["cpu"].push_back(used * 1e6 / sent);
    series["p99"].push_back(microseconds(total.response.quantile(0.99)));
    std::cerr << "  offered " << series["offered"].back() << "/s, slip p50 " << series["slip p50"].back()
              << " us, p99 " << series["slip"].back() << " us, CPU " << series["cpu"].back()
              << " us for a request, response p99 " << series["p99"].back() << " us" << std::endl;
}

void report(const Settings& s, const Series& series)
{
    using enum bench::Better;
    const auto median = [&](const std::string& name) { return bench::median(series.at(name)); };
    bench::print("sim", s.rounds,
                 {{"offered_per_core", median("offered"), "1/s", 100'000.0, higher},
                  {"slip_p99_us", median("slip"), "us", 1'000.0, lower},
                  {"slip_p50_us", median("slip p50"), "us", {}, lower},
                  {"cpu_us_per_request", median("cpu"), "us", {}, lower},
                  {"response_p99_us", median("p99"), "us", {}, lower}},
                 s.json ? bench::Form::json : bench::Form::table);
}

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    CLI::App app{"What the generator of load offers from one thread.\n\n  scripts/bench sim --rate 150000"};
    app.add_option("--rounds", settings.rounds)->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--rate", settings.rate, "requests per second")->capture_default_str();
    app.add_option("--seconds", settings.seconds, "of a round")->capture_default_str();
    app.add_option("--connections", settings.connections)->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_flag("--json", settings.json);
    CLI11_PARSE(app, argc, argv);
    try {
        const auto network = sim::network_named("iso-single-message");
        Series series;
        for (int round = 1; round <= settings.rounds; ++round)
            run_round(settings, *network, static_cast<std::uint64_t>(round), series);
        report(settings, series);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "tollgate-bench-sim: " << error.what() << "\n";
        return 1;
    }
}
