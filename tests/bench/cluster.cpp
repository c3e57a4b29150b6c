#include "tests/bench/cluster.hpp"

#include <pqxx/pqxx>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace bench {

namespace {

volatile std::sig_atomic_t signal_seen = 0;

std::string output_of(const std::string& command)
{
    const auto close = [](std::FILE* pipe) { return ::pclose(pipe); };
    std::unique_ptr<std::FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
    if (!pipe) throw std::runtime_error("cannot run " + command);
    std::string text;
    char part[4096];
    while (std::fgets(part, sizeof part, pipe.get()) != nullptr) text += part;
    if (::pclose(pipe.release()) != 0) throw std::runtime_error("failed: " + command + "\n" + text);
    return text;
}

std::string in_quotes(const std::string& word)
{
    return '\'' + word + '\''; // our own urls: no quotes within
}

struct Times {
    double own = 0;
    double ended_children = 0;
};

/// User and system time of one process, from /proc, in seconds.
Times times_of(const std::string& pid)
{
    std::ifstream file("/proc/" + pid + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream fields(text.substr(name_end + 2));
    std::string skipped;
    for (int i = 3; i < 14; ++i) fields >> skipped;
    double ticks[4] = {}; // user, system, and both of the children that were waited for
    for (double& tick : ticks) fields >> tick;
    const auto per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    return {(ticks[0] + ticks[1]) / per_second, (ticks[2] + ticks[3]) / per_second};
}

double cluster_cpu_seconds()
{
    const char* folder = std::getenv("TOLLGATE_POSTGRES_DIR");
    if (folder == nullptr) return 0;
    std::string postmaster;
    std::getline(std::ifstream(std::string(folder) + "/postmaster.pid") >> std::ws, postmaster);
    const Times times = times_of(postmaster);
    double total = times.own + times.ended_children;
    std::ifstream children("/proc/" + postmaster + "/task/" + postmaster + "/children");
    for (std::string pid; children >> pid;) total += times_of(pid).own;
    return total;
}

double seconds(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

} // namespace

std::string create_database(const std::string& url, const std::string& purpose)
{
    const std::string name = "bench_" + purpose + '_' + std::to_string(::getpid());
    pqxx::connection connection(url);
    pqxx::nontransaction(connection).exec("create database " + name);
    return name;
}

std::string url_of(const std::string& url, const std::string& database)
{
    return url + (url.find('?') == std::string::npos ? "?" : "&") + "dbname=" + database;
}

Cpu cpu_seconds()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return {seconds(usage.ru_utime) + seconds(usage.ru_stime), cluster_cpu_seconds()};
}

void remember_signals()
{
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, [](int it) { signal_seen = it; });
}

void stop_on_signal()
{
    if (signal_seen != 0) throw std::runtime_error("stopped by signal " + std::to_string(signal_seen));
}

double cpu_seconds_of(pid_t pid)
{
    return times_of(std::to_string(pid)).own;
}

TpcB::TpcB(const std::string& url, int scale) : url_(url_of(url, create_database(url, "tpcb")))
{
    output_of("pgbench --initialize --quiet --scale=" + std::to_string(scale) + ' ' + in_quotes(url_) +
              " 2>&1");
}

double TpcB::run(int clients, int seconds) const
{
    stop_on_signal();
    const std::string text =
        output_of("pgbench --no-vacuum --protocol=prepared --jobs=2 --client=" + std::to_string(clients) +
                  " --time=" + std::to_string(seconds) + ' ' + in_quotes(url_) + " 2>&1");
    const auto at = text.find("tps = ");
    if (at == std::string::npos) throw std::runtime_error("pgbench told no rate:\n" + text);
    return std::stod(text.substr(at + 6));
}

} // namespace bench
