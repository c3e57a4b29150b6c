// Program `tollgate-bench-store`: durable authorizations per second through the batch transaction, against
// the best pgbench TPC-B rate of the same cluster, in interleaved rounds. scripts/bench store runs it.

#include "authz/policy.hpp"
#include "store/accounts.hpp"
#include "store/digest.hpp"
#include "store/migrate.hpp"
#include "store/postgres_ledger.hpp"
#include "tests/bench/cluster.hpp"
#include "tests/bench/report.hpp"

#include <CLI/CLI.hpp>
#include <pqxx/pqxx>

#include <atomic>
#include <barrier>
#include <cstring>
#include <iostream>
#include <map>
#include <random>
#include <stdexcept>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
    std::string url;
    int rounds = 3;
    int seconds = 5; ///< one measurement
    std::size_t workers = 2;
    std::size_t batch = 512;
    std::size_t accounts = 100'000;
    int scale = 10; ///< of pgbench
    std::vector<int> clients = {8, 16, 32, 64};
    bool json = false;
};

constexpr authz::Currency yen = 392;

authz::CardToken token_of(std::size_t number)
{
    authz::CardToken token;
    const auto digest = store::sha256("card " + std::to_string(number));
    std::memcpy(token.bytes.data(), digest.data(), token.bytes.size());
    return token;
}

authz::Time now()
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// A database of its own in the cluster, with accounts that never run dry.
std::string prepare_ledger(const Settings& s)
{
    const std::string name = bench::create_database(s.url, "ledger");
    const std::string url = bench::url_of(s.url, name);
    store::migrate(url);
    pqxx::connection connection(url);
    pqxx::work work(connection);
    const std::vector<store::NewAccount> accounts(s.accounts, {yen, 1'000'000'000'000, 0, {}, {}, {}});
    const authz::AccountId first = store::open_accounts(work, accounts, now());
    std::vector<store::NewCard> cards;
    for (std::size_t i = 0; i < s.accounts; ++i)
        cards.push_back(
            {token_of(i), first + static_cast<authz::AccountId>(i), 209912, "active", "400000", "0002"});
    store::issue_cards(work, cards);
    work.commit();
    pqxx::nontransaction(connection).exec("vacuum analyze");
    return url;
}

struct OpenGate : authz::CommitGate {
    bool may_commit() override { return true; }
};

/// One worker: its own ledger, its own cards, one batch after the other.
class Worker {
public:
    Worker(const Settings& s, const std::string& url, std::size_t number)
        : settings_(s), number_(number), ledger_(options(url)), random_(number + 1)
    {
    }

    /// Serves one batch; returns how many were approved, which must be all.
    std::size_t serve_one()
    {
        const authz::Time time = now();
        batch_.resize(settings_.batch, sample_);
        for (authz::Request& request : batch_) refresh(request, time);
        OpenGate gate;
        const authz::BatchResult result = ledger_.serve(batch_, time, gate);
        if (result.end != authz::BatchEnd::committed)
            throw std::runtime_error("a batch failed: " + result.why);
        for (const authz::Outcome& outcome : result.outcomes)
            if (outcome.answer.reason != authz::Reason::approved)
                throw std::runtime_error("a sale was refused");
        return result.outcomes.size();
    }

private:
    static store::LedgerOptions options(const std::string& url)
    {
        store::LedgerOptions o;
        o.url = url;
        o.application_name = "tollgate-bench-store";
        return o;
    }

    static authz::Request sample()
    {
        authz::Request r;
        r.key_fields = {"net-a", "20", "000000", "T0000001"};
        r.card_number = authz::CardNumber::ours;
        r.amount = {1, yen};
        r.processing_code = "000000";
        r.merchant = "SHOP00000000001";
        r.acquirer = "12345678901";
        r.rrn = "633212000001";
        r.policy = std::make_shared<authz::Policy>();
        return r;
    }

    void refresh(authz::Request& r, authz::Time time)
    {
        ++count_;
        r.transmitted_at = std::chrono::floor<std::chrono::seconds>(time);
        r.business_date = std::chrono::floor<std::chrono::days>(time);
        const auto second = static_cast<std::uint32_t>(r.transmitted_at.time_since_epoch().count());
        for (std::size_t i = 0; i < 4; ++i)
            r.key.bytes[i] = static_cast<std::uint8_t>(second >> (24 - 8 * i));
        fill(r.key.bytes.data() + 4, 12);
        fill(r.content.bytes.data(), 16);
        r.delivery = count_ * settings_.workers + number_;
        std::string stan = std::to_string(count_ % 1'000'000);
        r.key_fields.stan = std::string(6 - stan.size(), '0') + stan;
        const std::size_t mine = settings_.accounts / settings_.workers;
        r.card = token_of_[random_() % mine];
    }

    void fill(std::uint8_t* bytes, std::size_t size)
    {
        const std::uint64_t words[2] = {random_(), random_()};
        std::memcpy(bytes, words, size);
    }

    std::vector<authz::CardToken> own_tokens() const
    {
        std::vector<authz::CardToken> tokens;
        for (std::size_t i = number_; i < settings_.accounts; i += settings_.workers)
            tokens.push_back(token_of(i));
        return tokens;
    }

    const Settings& settings_;
    const std::size_t number_;
    store::PostgresLedger ledger_;
    std::mt19937_64 random_;
    const authz::Request sample_ = sample();
    const std::vector<authz::CardToken> token_of_ = own_tokens();
    std::vector<authz::Request> batch_;
    std::uint64_t count_ = 0;
};

struct Measurement {
    double rate = 0; ///< durable authorizations per second
    // CPU for one authorization, microseconds
    double own_us = 0;
    double postgres_us = 0;
};

Measurement measure(const Settings& s, std::vector<std::unique_ptr<Worker>>& workers)
{
    for (auto& worker : workers) worker->serve_one(); // connected, statements prepared
    std::atomic<std::size_t> served = 0;
    std::atomic<bool> failed = false;
    const bench::Cpu before = bench::cpu_seconds();
    const auto start = Clock::now();
    const auto end = start + std::chrono::seconds(s.seconds);
    std::vector<std::thread> threads;
    for (auto& worker : workers)
        threads.emplace_back([&, w = worker.get()] {
            try {
                while (Clock::now() < end && !failed) served += w->serve_one();
            } catch (const std::exception& error) {
                std::cerr << "tollgate-bench-store: " << error.what() << '\n';
                failed = true;
            }
        });
    for (std::thread& thread : threads) thread.join();
    if (failed) throw std::runtime_error("the measurement is invalid");
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const auto count = static_cast<double>(served.load());
    const bench::Cpu after = bench::cpu_seconds();
    return {count / seconds, (after.own - before.own) * 1e6 / count,
            (after.postgres - before.postgres) * 1e6 / count};
}

struct Results {
    std::vector<double> rates;
    std::vector<double> own_us;
    std::vector<double> postgres_us;
    std::map<int, std::vector<double>> tpcb; ///< clients -> transactions per second
};

Results run(const Settings& s)
{
    const std::string ledger_url = prepare_ledger(s);
    const bench::TpcB tpcb(s.url, s.scale);
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::size_t i = 0; i < s.workers; ++i) workers.push_back(std::make_unique<Worker>(s, ledger_url, i));
    Results results;
    for (int round = 1; round <= s.rounds; ++round) {
        const Measurement m = measure(s, workers);
        results.rates.push_back(m.rate);
        results.own_us.push_back(m.own_us);
        results.postgres_us.push_back(m.postgres_us);
        std::cerr << "round " << round << ": " << static_cast<long>(m.rate) << " authorizations/s, "
                  << static_cast<long>(m.own_us) << " + " << static_cast<long>(m.postgres_us)
                  << " us CPU; TPC-B";
        for (const int clients : s.clients) {
            const double rate = tpcb.run(clients, s.seconds);
            results.tpcb[clients].push_back(rate);
            std::cerr << ' ' << clients << ':' << static_cast<long>(rate) << std::flush;
        }
        std::cerr << '\n';
    }
    return results;
}

void report(const Settings& s, const Results& results)
{
    const double rate = bench::median(results.rates);
    double best = 0;
    int best_clients = 0;
    for (const auto& [clients, rates] : results.tpcb)
        if (const double tps = bench::median(rates); tps > best) {
            best = tps;
            best_clients = clients;
        }
    const std::vector<bench::Metric> metrics = {
        {"ratio_tpcb", rate / best, "ratio", 15.0, bench::Better::higher},
        {"authorizations_per_s", rate, "1/s", {}, bench::Better::higher},
        {"tpcb_best_per_s", best, "1/s", {}, bench::Better::higher},
        {"tpcb_best_clients", static_cast<double>(best_clients), "clients", {}, bench::Better::higher},
        {"cpu_us_server", bench::median(results.own_us), "us", {}, bench::Better::lower},
        {"cpu_us_postgres", bench::median(results.postgres_us), "us", {}, bench::Better::lower},
    };
    bench::print("store", s.rounds, metrics, s.json ? bench::Form::json : bench::Form::table);
}

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    const char* url = std::getenv("TOLLGATE_DATABASE_URL");
    settings.url = url != nullptr ? url : "";
    CLI::App app("tollgate-bench-store: the batch transaction against pgbench TPC-B");
    app.add_option("--rounds", settings.rounds)->check(CLI::Range(1, 100));
    app.add_option("--seconds", settings.seconds, "one measurement")->check(CLI::Range(1, 600));
    app.add_option("--workers", settings.workers)->check(CLI::Range(1, 16));
    app.add_option("--batch", settings.batch)->check(CLI::Range(1, 4096));
    app.add_option("--accounts", settings.accounts)->check(CLI::Range(1, 10'000'000));
    app.add_option("--scale", settings.scale, "of pgbench")->check(CLI::Range(1, 1'000));
    app.add_option("--clients", settings.clients, "of pgbench")->delimiter(',');
    app.add_flag("--json", settings.json);
    CLI11_PARSE(app, argc, argv);
    try {
        if (settings.url.empty())
            throw std::runtime_error("TOLLGATE_DATABASE_URL is not set; run it by scripts/bench store");
        report(settings, run(settings));
    } catch (const std::exception& error) {
        std::cerr << "tollgate-bench-store: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
