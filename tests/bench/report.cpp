#include "tests/bench/report.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace bench {

namespace {

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, value >= 1'000 ? "%.0f" : "%.2f", value);
    return text;
}

bool is_met(const Metric& m)
{
    return m.better == Better::higher ? m.value >= *m.goal : m.value <= *m.goal;
}

void print_json(const std::string& name, int rounds, const std::vector<Metric>& metrics)
{
    std::cout << R"({"bench": ")" << name << R"(", "rounds": )" << rounds << R"(, "metrics": {)";
    const char* separator = "";
    for (const Metric& m : metrics) {
        std::cout << separator << '"' << m.key << R"(": {"value": )" << number(m.value) << R"(, "unit": ")"
                  << m.unit << '"';
        if (m.goal)
            std::cout << R"(, "goal": )" << *m.goal << R"(, "met": )" << (is_met(m) ? "true" : "false");
        std::cout << '}';
        separator = ", ";
    }
    std::cout << "}}\n";
}

} // namespace

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void print(const std::string& name, int rounds, const std::vector<Metric>& metrics, Form form)
{
    if (form == Form::json) return print_json(name, rounds, metrics);
    for (const Metric& m : metrics) {
        std::printf("%-26s %12s %-8s", m.key.c_str(), number(m.value).c_str(), m.unit.c_str());
        if (m.goal) std::printf(" goal %s, %s", number(*m.goal).c_str(), is_met(m) ? "met" : "not met");
        std::printf("\n");
    }
}

} // namespace bench
