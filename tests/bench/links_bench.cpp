// Program `tollgate-bench-links`: what a link costs when its ledger costs nothing, against a bare echo of the
// same frames by Asio, in interleaved rounds. scripts/bench links runs it. Servers are processes of their
// own; CPU time is that of the whole server process.

#include "tests/bench/links_client.hpp"
#include "tests/bench/report.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>
#include <map>

#include <sys/resource.h>

namespace {

using bench::Host;
using bench::LinksClient;
using bench::LinksServer;
using bench::LinksWindow;
using bench::Subject;
using bench::Transport;

/// Part of the keys of what is measured over each of them.
constexpr std::pair<Transport, const char*> transports[] = {{Transport::plain, "plain"},
                                                            {Transport::tls, "tls"}};

struct Settings {
    int rounds = 5;
    int milliseconds = 2'000; ///< one measurement
    std::size_t connections = 4;
    std::size_t in_flight = 32;
    std::size_t many = 10'000;
    std::size_t few = 10;
    bool json = false;
};

/// The values of all rounds, by name.
using Series = std::map<std::string, std::vector<double>>;

struct Cost {
    double per_second = 0;
    double cpu_us = 0; ///< of the server, per answer
};

Cost measure(const LinksServer& server, LinksClient& client, int milliseconds)
{
    (void)client.run(std::chrono::milliseconds{milliseconds / 5}); // warm
    const double cpu = server.cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    const auto answers = static_cast<double>(client.run(std::chrono::milliseconds{milliseconds}));
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return {answers / took, (server.cpu_seconds() - cpu) * 1e6 / answers};
}

Cost measure_alone(const Settings& s, Subject subject, LinksWindow window)
{
    const LinksServer server(subject, window.connections + 1);
    LinksClient client(server, window);
    return measure(server, client, s.milliseconds);
}

/// Cost at many connections over that at few, with the same number outstanding: one on each of the few.
double cost_ratio(const Settings& s, Subject subject)
{
    const double few = measure_alone(s, subject, {s.few, s.few}).cpu_us;
    const double many = measure_alone(s, subject, {s.many, s.few}).cpu_us;
    std::cerr << (subject.host == Host::echo ? "  echo " : "  tollgate ") << few << " us at " << s.few << ", "
              << many << " us at " << s.many << std::endl;
    return many / few;
}

/// Of connections that have had one request each.
double idle_kib(const Settings& s, Transport transport)
{
    const LinksServer server({Host::tollgate, transport}, s.many + 1);
    LinksClient first(server, {1, 1});
    first.touch_all();
    const double before = server.resident_kib();
    LinksClient idle(server, {s.many, 1});
    idle.touch_all();
    return (server.resident_kib() - before) / static_cast<double>(s.many);
}

/// The same frames to both hosts, under names that begin with `prefix`.
void compare(const Settings& s, Series& series, Transport transport, LinksWindow window,
             const std::string& prefix)
{
    const Cost tollgate = measure_alone(s, {Host::tollgate, transport}, window);
    const Cost echo = measure_alone(s, {Host::echo, transport}, window);
    const Cost frames = measure_alone(s, {Host::frame_echo, transport}, window);
    std::cerr << "  " << prefix << ": tollgate " << tollgate.per_second << "/s, " << tollgate.cpu_us
              << " us; echo " << echo.per_second << "/s, " << echo.cpu_us << " us; of each frame "
              << frames.per_second << "/s, " << frames.cpu_us << " us" << std::endl;
    series[prefix + " rate"].push_back(tollgate.per_second);
    series[prefix + " ratio"].push_back(tollgate.per_second / echo.per_second);
    series[prefix + " frame ratio"].push_back(tollgate.per_second / frames.per_second);
    series[prefix + " cpu"].push_back(tollgate.cpu_us);
    series[prefix + " echo cpu"].push_back(echo.cpu_us);
}

void run_round(const Settings& s, Series& series)
{
    for (const auto& [transport, name] : transports) {
        compare(s, series, transport, {s.connections, s.connections * s.in_flight}, name);
        const std::size_t apart = s.connections * s.in_flight; // one frame a read, one a write
        compare(s, series, transport, {apart, apart}, std::string(name) + " apart");
        if (s.many > 0) series[std::string(name) + " idle"].push_back(idle_kib(s, transport));
    }
    if (s.many == 0) return;
    series["many"].push_back(cost_ratio(s, {Host::tollgate, Transport::plain}));
    series["echo many"].push_back(cost_ratio(s, {Host::echo, Transport::plain}));
}

void report(const Settings& s, const Series& series)
{
    using enum bench::Better;
    const auto median = [&](const std::string& name) { return bench::median(series.at(name)); };
    std::vector<bench::Metric> metrics;
    for (const auto& [transport, text] : transports) {
        const std::string name = text;
        metrics.push_back({"ratio_echo_" + name, median(name + " ratio"), "ratio", 0.6, higher});
        metrics.push_back({"ratio_echo_apart_" + name, median(name + " apart ratio"), "ratio", 0.6, higher});
        metrics.push_back({"ratio_frame_echo_" + name, median(name + " frame ratio"), "ratio", 0.6, higher});
        if (s.many > 0)
            metrics.push_back({"idle_kib_" + name, median(name + " idle"), "KiB",
                               transport == Transport::plain ? 20.0 : 60.0, lower});
    }
    metrics.push_back({"cpu_us_per_answer", median("plain cpu"), "us", 2.3, lower});
    metrics.push_back({"cpu_us_per_echo", median("plain echo cpu"), "us", {}, lower});
    metrics.push_back({"cpu_us_per_answer_apart", median("plain apart cpu"), "us", {}, lower});
    metrics.push_back({"cpu_us_per_echo_apart", median("plain apart echo cpu"), "us", {}, lower});
    metrics.push_back({"cpu_us_per_answer_tls", median("tls cpu"), "us", {}, lower});
    metrics.push_back({"cpu_us_per_echo_tls", median("tls echo cpu"), "us", {}, lower});
    metrics.push_back({"answers_per_s", median("plain rate"), "1/s", {}, higher});
    if (s.many > 0) {
        metrics.push_back({"cost_10k_ratio", median("many"), "ratio", 1.2, lower});
        metrics.push_back({"echo_cost_10k_ratio", median("echo many"), "ratio", {}, lower});
    }
    bench::print("links", s.rounds, metrics, s.json ? bench::Form::json : bench::Form::table);
}

/// throws   std::runtime_error when the system does not give so many descriptors
void raise_descriptor_limit(std::size_t connections)
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, connections + 200);
    limit.rlim_max = std::max(limit.rlim_cur, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw std::runtime_error("too few descriptors: raise ulimit -n or lower --many");
}

} // namespace

int main(int argc, char** argv)
{
    Settings s;
    CLI::App app("tollgate-bench-links: answers from memory against a bare echo of the same frames");
    app.add_option("--rounds", s.rounds)->check(CLI::Range(1, 100))->capture_default_str();
    app.add_option("--milliseconds", s.milliseconds, "one measurement")
        ->check(CLI::Range(50, 60'000))
        ->capture_default_str();
    app.add_option("--connections", s.connections)->check(CLI::Range(1, 1'000))->capture_default_str();
    app.add_option("--in-flight", s.in_flight, "of each connection")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    app.add_option("--many", s.many, "connections of which few have a request; 0 leaves that out")
        ->check(CLI::Range(0, 25'000))
        ->capture_default_str();
    app.add_flag("--json", s.json);
    CLI11_PARSE(app, argc, argv);
    try {
        raise_descriptor_limit(s.many);
        Series series;
        for (int round = 1; round <= s.rounds; ++round) {
            std::cerr << "round " << round << std::endl;
            run_round(s, series);
        }
        report(s, series);
    } catch (const std::exception& error) {
        std::cerr << "tollgate-bench-links: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
