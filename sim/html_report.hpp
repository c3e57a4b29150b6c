/// One HTML file that shows reports of loads and scenarios: it holds its data, its script and its charts
/// (Chart.js), opens without a network, and its policy lets no request leave.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sim {

/// A report that cannot be shown; what() begins with its name.
struct ReportError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct NamedText {
    std::string name; ///< of the file, for errors
    std::string text;
};

/// reports  of schema "tollgate/load/1" or "tollgate/run/1" (docs/reports.md), shown in this order
/// throws   ReportError for anything else
[[nodiscard]] std::string html_of(std::span<const NamedText> reports);

} // namespace sim
