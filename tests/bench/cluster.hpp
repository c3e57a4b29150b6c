#pragma once

#include <string>

#include <sys/types.h>

/// What a benchmark on PostgreSQL needs beside the thing that it measures.
namespace bench {

/// A fresh database in the cluster of `url`; returns its name.
std::string create_database(const std::string& url, const std::string& purpose);
/// The same cluster, another database.
[[nodiscard]] std::string url_of(const std::string& url, const std::string& database);

/// CPU seconds used so far.
struct Cpu {
    double own = 0;      ///< by this process
    double postgres = 0; ///< by the cluster of TOLLGATE_POSTGRES_DIR
};
[[nodiscard]] Cpu cpu_seconds();
/// By another process, to a hundredth of a second.
[[nodiscard]] double cpu_seconds_of(pid_t pid);

/// From now on SIGINT, SIGTERM and SIGHUP are only remembered, so that what was started is ended.
void remember_signals();
/// throws   std::runtime_error when such a signal has come
void stop_on_signal();

/// pgbench's TPC-B in a database of its own.
class TpcB {
public:
    /// throws   std::runtime_error when pgbench fails
    TpcB(const std::string& url, int scale);
    /// Transactions per second.
    /// throws   as the constructor, and as stop_on_signal()
    [[nodiscard]] double run(int clients, int seconds) const;

private:
    std::string url_;
};

} // namespace bench
