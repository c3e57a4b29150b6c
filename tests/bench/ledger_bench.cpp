// Program `tollgate-bench-ledger`: durable authorizations per second from a shop's message to its answer,
// through tollgated and PostgreSQL, against the best pgbench TPC-B rate of the same cluster, in interleaved
// rounds. scripts/bench ledger runs it.

#include "tests/bench/cluster.hpp"
#include "tests/bench/fsync_probe.hpp"
#include "tests/bench/ledger_shop.hpp"
#include "tests/bench/report.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>

namespace {

using bench::Measurement;
using bench::Shop;
using bench::Traffic;

struct Settings {
    bench::ShopSettings shop;
    std::string folder; ///< of the cluster
    int rounds = 5;
    int seconds = 5; ///< one measurement
    std::size_t aged_rows = 5'000'000;
    int scale = 10; ///< of pgbench
    std::vector<int> clients = {8, 16, 32, 64};
    double rate = 0; ///< for the answer times; 0: half of the peak
    bool json = false;
};

/// The values of all rounds, by name.
class Series {
public:
    void add(const std::string& name, double value) { values_[name].push_back(value); }
    [[nodiscard]] double median(const std::string& name) const { return bench::median(values_.at(name)); }
    [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }

private:
    std::map<std::string, std::vector<double>> values_;
};

double milliseconds(const sim::Histogram& times, double share)
{
    return std::chrono::duration<double, std::milli>(times.quantile(share)).count();
}

std::string tpcb_name(int clients)
{
    return "tpcb " + std::to_string(clients);
}

std::size_t messages(const Settings& s, double per_second)
{
    constexpr double most = 900'000; // fewer than there are STANs
    return static_cast<std::size_t>(std::min(most, std::max(1'000.0, per_second * s.seconds)));
}

/// Connections, prepared statements and caches are warm, and the rate is known roughly.
double warm_up(const Settings& s, Shop& shop)
{
    (void)shop.sell(Traffic::uniform, 5'000);
    return shop.sell(Traffic::uniform, messages(s, 2'000)).per_second;
}

void add_uniform(Series& series, const Measurement& m)
{
    series.add("rate", m.per_second);
    series.add("server_us", m.server_us);
    series.add("postgres_us", m.postgres_us);
    series.add("simulator_us", m.simulator_us);
    series.add("cpu_us", m.cpu_us());
    series.add("batch", m.batch);
    series.add("wal", m.wal_bytes);
    series.add("peak_p50", milliseconds(m.times, 0.5));
    series.add("peak_p99", milliseconds(m.times, 0.99));
}

void add_half_rate(const Settings& s, Series& series, const Measurement& m)
{
    const double p99 = milliseconds(m.times, 0.99);
    const auto fsync = bench::fsync_times_ms(s.folder, std::chrono::milliseconds(400 * s.seconds));
    const double fsync_p99 = bench::percentile(fsync, 0.99);
    series.add("half_rate", m.per_second);
    series.add("half_cpu_us", m.cpu_us());
    series.add("half_batch", m.batch);
    series.add("half_p50", milliseconds(m.times, 0.5));
    series.add("half_p99", p99);
    series.add("slip_p99", milliseconds(m.slips, 0.99));
    series.add("fsync_p50", bench::percentile(fsync, 0.5));
    series.add("fsync_p99", fsync_p99);
    series.add("p99_over_fsync", p99 / fsync_p99);
}

void tell(const std::string& what, const Measurement& m)
{
    std::cerr << "  " << what << ": " << static_cast<long>(m.per_second) << "/s, CPU us: server "
              << m.server_us << ", PostgreSQL " << m.postgres_us << ", simulator " << m.simulator_us
              << "; batch " << m.batch << "; p50 " << milliseconds(m.times, 0.5) << " ms, p99 "
              << milliseconds(m.times, 0.99) << " ms" << std::endl;
}

/// A ledger without a past, in each round a new one.
void measure_fresh(const Settings& s, Series& series, Shop& fresh, Shop* aged)
{
    const std::size_t count = messages(s, warm_up(s, fresh));
    const Measurement uniform = fresh.sell(Traffic::uniform, count);
    tell("uniform", uniform);
    add_uniform(series, uniform);
    if (aged != nullptr) {
        (void)warm_up(s, *aged);
        const Measurement old = aged->sell(Traffic::uniform, count);
        tell("aged", old);
        series.add("aged_cpu", old.cpu_us() / uniform.cpu_us());
        series.add("aged_time", uniform.per_second / old.per_second);
        series.add("aged_wal", old.wal_bytes);
    }
    const Measurement one_card = fresh.sell(Traffic::one_card, count);
    tell("one card", one_card);
    series.add("hot_card", one_card.per_second / uniform.per_second);
    const Measurement one_merchant = fresh.sell(Traffic::one_merchant, count);
    tell("one merchant", one_merchant);
    series.add("hot_merchant", one_merchant.per_second / uniform.per_second);
    const double half = s.rate > 0 ? s.rate : uniform.per_second / 2;
    const Measurement at_half = fresh.sell_at_rate(half, messages(s, half));
    tell("half rate", at_half);
    add_half_rate(s, series, at_half);
}

/// All books hold. Seconds for the larger ones.
double check(Shop& fresh, Shop* aged)
{
    const double seconds = fresh.check();
    return aged == nullptr ? seconds : aged->check();
}

Series run(const Settings& s)
{
    Series series;
    const bench::TpcB tpcb(s.shop.url, s.scale);
    std::optional<Shop> aged;
    if (s.aged_rows > 0) {
        aged.emplace(s.shop, "aged");
        std::cerr << "ageing a ledger by " << s.aged_rows << " rows" << std::endl;
        aged->age(s.aged_rows);
    }
    for (int round = 1; round <= s.rounds; ++round) {
        Shop fresh(s.shop, "fresh");
        std::cerr << "round " << round << std::endl;
        measure_fresh(s, series, fresh, aged ? &*aged : nullptr);
        std::cerr << "  TPC-B";
        for (const int clients : s.clients) {
            const double rate = tpcb.run(clients, s.seconds);
            series.add(tpcb_name(clients), rate);
            std::cerr << ' ' << clients << ':' << static_cast<long>(rate);
        }
        std::cerr << std::endl;
        if (round == s.rounds) series.add("check", check(fresh, aged ? &*aged : nullptr));
    }
    return series;
}

void report(const Settings& s, const Series& series)
{
    using enum bench::Better;
    double best = 0;
    for (const int clients : s.clients) best = std::max(best, series.median(tpcb_name(clients)));
    std::vector<bench::Metric> metrics = {
        {"ratio_tpcb", series.median("rate") / best, "ratio", 10.0, higher},
        {"authorizations_per_s", series.median("rate"), "1/s", {}, higher},
        {"tpcb_best_per_s", best, "1/s", {}, higher},
        {"p50_ms_at_peak", series.median("peak_p50"), "ms", {}, lower},
        {"p99_ms_at_peak", series.median("peak_p99"), "ms", {}, lower},
        {"p99_over_fsync", series.median("p99_over_fsync"), "ratio", 5.0, lower},
        {"half_rate_per_s", series.median("half_rate"), "1/s", {}, higher},
        {"p50_ms", series.median("half_p50"), "ms", {}, lower},
        {"p99_ms", series.median("half_p99"), "ms", {}, lower},
        {"slip_p99_ms", series.median("slip_p99"), "ms", {}, lower},
        {"fsync_p50_ms", series.median("fsync_p50"), "ms", {}, lower},
        {"fsync_p99_ms", series.median("fsync_p99"), "ms", {}, lower},
        {"hot_card_ratio", series.median("hot_card"), "ratio", 0.8, higher},
        {"hot_merchant_ratio", series.median("hot_merchant"), "ratio", 0.8, higher},
        {"cpu_us_per_authorization", series.median("cpu_us"), "us", 50.0, lower},
        {"cpu_us_server", series.median("server_us"), "us", {}, lower},
        {"cpu_us_postgres", series.median("postgres_us"), "us", {}, lower},
        {"cpu_us_simulator", series.median("simulator_us"), "us", {}, lower},
        {"cpu_us_at_half_rate", series.median("half_cpu_us"), "us", {}, lower},
        {"batch", series.median("batch"), "requests", {}, higher},
        {"batch_at_half_rate", series.median("half_batch"), "requests", {}, higher},
        {"wal_bytes", series.median("wal"), "bytes", {}, lower},
    };
    if (series.has("aged_cpu")) {
        metrics.push_back({"aged_ratio", series.median("aged_cpu"), "ratio", 1.2, lower});
        metrics.push_back({"aged_time_ratio", series.median("aged_time"), "ratio", 1.2, lower});
        metrics.push_back({"aged_wal_bytes", series.median("aged_wal"), "bytes", {}, lower});
    }
    metrics.push_back({"check_s", series.median("check"), "s", {}, lower});
    bench::print("ledger", s.rounds, metrics, s.json ? bench::Form::json : bench::Form::table);
}

std::string environment(const char* name)
{
    const char* value = std::getenv(name);
    if (value == nullptr)
        throw std::runtime_error(std::string(name) + " is not set; run it by scripts/bench ledger");
    return value;
}

} // namespace

int main(int argc, char** argv)
{
    Settings s;
    CLI::App app("tollgate-bench-ledger: authorizations from message to answer, against pgbench TPC-B");
    app.add_option("--rounds", s.rounds)->check(CLI::Range(1, 100))->capture_default_str();
    app.add_option("--seconds", s.seconds, "one measurement")
        ->check(CLI::Range(1, 20))
        ->capture_default_str();
    app.add_option("--aged-rows", s.aged_rows,
                   "messages that the aged ledger has decided before; 0 leaves it out")
        ->check(CLI::Range(0, 1'000'000'000))
        ->capture_default_str();
    app.add_option("--cards", s.shop.cards)->check(CLI::Range(2, 10'000'000))->capture_default_str();
    app.add_option("--connections", s.shop.connections)->check(CLI::Range(1, 1'000))->capture_default_str();
    app.add_option("--in-flight", s.shop.in_flight, "of each connection, at the peak rate")
        ->check(CLI::Range(1, 4'000))
        ->capture_default_str();
    app.add_option("--workers", s.shop.workers, "of the server")
        ->check(CLI::Range(1, 16))
        ->capture_default_str();
    app.add_option("--scale", s.scale, "of pgbench")->check(CLI::Range(1, 1'000))->capture_default_str();
    app.add_option("--clients", s.clients, "of pgbench")->delimiter(',')->capture_default_str();
    app.add_option("--rate", s.rate, "requests/s at which answer times are taken; default: half of the peak")
        ->check(CLI::Range(1.0, 1e6));
    app.add_flag("--json", s.json);
    CLI11_PARSE(app, argc, argv);
    bench::remember_signals();
    try {
        s.shop.url = environment("TOLLGATE_DATABASE_URL");
        s.folder = environment("TOLLGATE_POSTGRES_DIR");
        report(s, run(s));
    } catch (const std::exception& error) {
        std::cerr << "tollgate-bench-ledger: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
