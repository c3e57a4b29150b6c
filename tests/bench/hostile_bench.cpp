// Program `tollgate-bench-hostile`: what hostile clients cost an honest one. For each attack a server of its
// own; quiet and hostile rounds take turns. scripts/bench hostile runs it. Answers come from memory.

#include "tests/bench/hostile_attacks.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/descriptor_limit.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>
#include <map>
#include <thread>

#include <sched.h>
#include <sys/resource.h>

namespace {

using bench::Attacker;
using bench::HostileAttack;
using bench::HostileServer;
using bench::Seen;
using bench::SteadyClient;

struct Settings {
    int rounds = 15;
    int milliseconds = 250; ///< one measurement
    std::size_t rate = 1'000;
    std::vector<std::string> only;
    bool first = false;
    bool json = false;
};

constexpr double goal = 1.5;
constexpr std::pair<const char*, double> percentiles[] = {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}};

/// The values of all rounds, by name.
using Series = std::map<std::string, std::vector<double>>;

double percentile(std::vector<double>& sorted, double share)
{
    const auto place = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
    return sorted.at(std::min(place, sorted.size() - 1));
}

void note(Series& series, const std::string& when, Seen seen)
{
    std::ranges::sort(seen.micros);
    for (const auto& [name, share] : percentiles)
        series[when + " " + name].push_back(percentile(seen.micros, share));
    series[when + " timeouts"].push_back(static_cast<double>(seen.timeouts));
}

/// Until everything that came from the attacker is gone, a few seconds at most.
/// returns  how many descriptors are left
double descriptors_left(const HostileServer& server, std::size_t before)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (server.open_descriptors() > before && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    return static_cast<double>(server.open_descriptors()) - static_cast<double>(before);
}

Series measure(const Settings& s, const HostileAttack& attack)
{
    Series series;
    const HostileServer server;
    SteadyClient honest(server.ports(), attack.honest);
    const std::chrono::milliseconds time{s.milliseconds};
    (void)honest.run(time / 2, s.rate); // warm
    const std::size_t descriptors = server.open_descriptors();
    for (int round = 0; round < s.rounds; ++round) {
        note(series, "quiet", honest.run(time, s.rate));
        {
            const Attacker attacker(attack, server.ports());
            note(series, "hostile", honest.run(time, s.rate));
            series["attempts"].push_back(static_cast<double>(attacker.attempts()) * 1'000 / s.milliseconds);
        }
        series["ratio"].push_back(series["hostile p99"].back() / series["quiet p99"].back());
        series["descriptors"].push_back(descriptors_left(server, descriptors));
        series["memory"].push_back(server.resident_kib());
    }
    return series;
}

void show(const std::string& name, const Series& series)
{
    const auto median = [&](const std::string& key) { return bench::median(series.at(key)); };
    std::fprintf(stderr, "%-20s %7.0f %7.0f %7.0f | %7.0f %7.0f %7.0f | %6.2f %10.0f\n", name.c_str(),
                 median("quiet p50"), median("quiet p99"), median("quiet p999"), median("hostile p50"),
                 median("hostile p99"), median("hostile p999"), median("ratio"), median("attempts"));
}

double sum(const std::vector<double>& values)
{
    double all = 0;
    for (const double value : values) all += value;
    return all;
}

void add_metrics(std::vector<bench::Metric>& metrics, const std::string& name, const Series& series)
{
    using enum bench::Better;
    const auto median = [&](const std::string& key) { return bench::median(series.at(key)); };
    metrics.push_back({"p99_ratio_" + name, median("ratio"), "ratio", goal, lower});
    metrics.push_back({"timeouts_" + name, sum(series.at("hostile timeouts")), "", 0.0, lower});
    metrics.push_back({"descriptors_left_" + name, series.at("descriptors").back(), "", 0.0, lower});
    const auto& memory = series.at("memory"); // what the first attack has made large is used again
    metrics.push_back({"kib_more_" + name, memory.back() - memory.front(), "KiB", {}, lower});
    metrics.push_back({"attempts_per_s_" + name, median("attempts"), "1/s", {}, higher});
    for (const char* const when : {"quiet", "hostile"})
        for (const auto& [percentile, share] : percentiles)
            metrics.push_back({std::string(percentile) + "_us_" + when + "_" + name,
                               median(std::string(when) + " " + percentile),
                               "us",
                               {},
                               lower});
}

bool is_wanted(const Settings& s, const std::string& name)
{
    return s.only.empty() || std::ranges::find(s.only, name) != s.only.end();
}

void run(const Settings& s)
{
    std::vector<bench::Metric> metrics;
    std::fprintf(stderr, "%-20s %23s | %23s | %6s %10s\n%-20s %7s %7s %7s | %7s %7s %7s |\n", "", "quiet, us",
                 "hostile, us", "p99", "attempts/s", "attack", "p50", "p99", "p99.9", "p50", "p99", "p99.9");
    for (const HostileAttack& attack : bench::hostile_attacks()) {
        if (!is_wanted(s, attack.name)) continue;
        const Series series = measure(s, attack);
        show(attack.name, series);
        add_metrics(metrics, attack.name, series);
    }
    if (metrics.empty()) throw std::runtime_error("there is no such attack");
    bench::print("hostile", s.rounds, metrics, s.json ? bench::Form::json : bench::Form::table);
}

/// The server's I/O thread has a processor of its own (node.own_processor), the last one: those whom it
/// serves, and who attack it, would be on other machines, and are kept off it.
void leave_the_last_processor()
{
    cpu_set_t mine;
    if (::sched_getaffinity(0, sizeof mine, &mine) != 0 || CPU_COUNT(&mine) < 2)
        throw std::runtime_error("two processors are needed");
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &mine)) --last;
    CPU_CLR(last, &mine);
    ::sched_setaffinity(0, sizeof mine, &mine);
}

/// The honest client comes first, then the server, which has no real-time class: what the kernel does for
/// connections (its softirq threads) would wait for whoever is busy in one. Attackers always come last.
void come_first()
{
    const sched_param first{.sched_priority = 1};
    if (::setpriority(PRIO_PROCESS, 0, -20) != 0 || ::sched_setscheduler(0, SCHED_RR, &first) != 0)
        throw std::runtime_error("no right to come first: be root, or leave out --first");
}

} // namespace

int main(int argc, char** argv)
{
    Settings s;
    CLI::App app("tollgate-bench-hostile: an honest client's answer times, beside hostile ones and without\n"
                 "example: tollgate-bench-hostile --only pipeline storm --rounds 9");
    app.add_option("--rounds", s.rounds)->check(CLI::Range(1, 100))->capture_default_str();
    app.add_option("--milliseconds", s.milliseconds, "one measurement")
        ->check(CLI::Range(50, 60'000))
        ->capture_default_str();
    app.add_option("--rate", s.rate, "requests of the honest client in a second")
        ->check(CLI::Range(10, 20'000))
        ->capture_default_str();
    app.add_option("--only", s.only, "attacks; all without it");
    app.add_flag(
        "--first", s.first,
        "server and honest client before everything else on this machine (root): what attacks cost, not "
        "what else runs");
    app.add_flag("--json", s.json);
    CLI11_PARSE(app, argc, argv);
    try {
        test::allow_descriptors(6'000);
        leave_the_last_processor();
        if (s.first) come_first();
        run(s);
    } catch (const std::exception& error) {
        std::cerr << "tollgate-bench-hostile: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
