/// `tollgate-sim report`, and the files that other commands write their verdicts into.
#pragma once

#include "sim/html_report.hpp"
#include "sim/report.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace sim {

/// Where a report goes besides the terminal; empty: nowhere.
struct ReportFiles {
    std::string html;
    std::string junit;
};

void add_report_files(CLI::App& command, ReportFiles& files);
/// throws   ReportError when a file cannot be written
void write_report_files(const Report& report, const ReportFiles& files);

/// throws   ReportError when the file cannot be written
void write_html(const std::string& file, std::span<const NamedText> reports);

struct ReportOptions {
    std::vector<std::string> files;
    std::string output = "-";
};

CLI::App* add_report(CLI::App& program, ReportOptions& options);

/// throws   ReportError
[[nodiscard]] Exit run_report(const ReportOptions& options, std::ostream& out);

} // namespace sim
