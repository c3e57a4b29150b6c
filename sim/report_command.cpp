#include "sim/report_command.hpp"

#include "sim/capture.hpp"
#include "sim/capture_output.hpp"
#include "sim/junit.hpp"
#include "sim/toml_reader.hpp"

#include <CLI/CLI.hpp>

#include <ostream>

namespace sim {

void add_report_files(CLI::App& command, ReportFiles& files)
{
    command.add_option("--html", files.html, "write the verdicts as one HTML file, too")->type_name("FILE");
    command.add_option("--junit", files.junit, "write them as JUnit XML, too")->type_name("FILE");
}

void write_report_files(const Report& report, const ReportFiles& files)
{
    if (!files.junit.empty()) write_report(files.junit, junit_of(report));
    if (!files.html.empty()) write_html(files.html, {{{"the verdicts", json_of(report)}}});
}

void write_report(const std::string& file, std::string_view text)
{
    try {
        CaptureOutput output(file);
        output.stream() << text;
        output.keep();
    } catch (const CaptureError& error) {
        throw ReportError(error.what());
    }
}

void write_html(const std::string& file, std::span<const NamedText> reports)
{
    write_report(file, html_of(reports));
}

CLI::App* add_report(CLI::App& program, ReportOptions& options)
{
    CLI::App* const report = program.add_subcommand(
        "report", "one HTML file that shows JSON reports: opens anywhere, without a network");
    report->footer("Example:\n"
                   "  tollgate-sim load evening-peak.toml --target 127.0.0.1:8583 -o peak.json\n"
                   "  tollgate-sim report peak.json -o peak.html");
    report->add_option("files", options.files, "what `load -o` and `run --json` have written")
        ->required()
        ->type_name("FILE");
    report->add_option("-o,--output", options.output, "the HTML file (default: standard output)")
        ->type_name("FILE");
    return report;
}

Exit run_report(const ReportOptions& options, std::ostream& out)
{
    std::vector<NamedText> reports;
    for (const std::string& name : options.files) reports.push_back({name, read_whole_file(name)});
    if (options.output == "-")
        out << html_of(reports) << std::flush;
    else
        write_html(options.output, reports);
    return Exit::done;
}

} // namespace sim
