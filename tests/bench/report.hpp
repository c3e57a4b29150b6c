#pragma once

#include <optional>
#include <string>
#include <vector>

/// How every benchmark reports.
namespace bench {

[[nodiscard]] double median(std::vector<double> values);

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
