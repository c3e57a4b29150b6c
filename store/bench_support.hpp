#pragma once

#include <optional>
#include <string>
#include <vector>

/// What a benchmark needs beside the thing that it measures.
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

[[nodiscard]] double median(std::vector<double> values);

/// pgbench's TPC-B in a database of its own.
class TpcB {
public:
    /// throws   std::runtime_error when pgbench fails
    TpcB(const std::string& url, int scale);
    /// Transactions per second.
    [[nodiscard]] double run(int clients, int seconds) const;

private:
    std::string url_;
};

enum class Better { higher, lower };
enum class Form { table, json };

struct Metric {
    std::string key;
    double value = 0;
    std::string unit;
    std::optional<double> goal;
    Better better = Better::higher;
};

/// The table, or the one object of DESIGN 11.
void print(const std::string& name, int rounds, const std::vector<Metric>& metrics, Form form);

} // namespace bench
