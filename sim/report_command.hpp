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

/// Nothing or all of it: a file that was there stays when the new one cannot be written.
/// throws   ReportError when the file cannot be written
void write_report(const std::string& file, std::string_view text);
/// throws   as write_report()
void write_html(const std::string& file, std::span<const NamedText> reports);

struct ReportOptions {
    std::vector<std::string> files;
    std::string output = "-";
};

CLI::App* add_report(CLI::App& program, ReportOptions& options);

/// throws   ReportError, FileError
[[nodiscard]] Exit run_report(const ReportOptions& options, std::ostream& out);

} // namespace sim
