#include "sim/demo.hpp"

#include "sim/test_bed.hpp"

#include <algorithm>
#include <ostream>

namespace sim {

namespace {

std::vector<Side> chosen_sides(const TestBed& bed, const std::vector<std::string>& networks)
{
    std::vector<Side> sides;
    for (const Side& side : bed.sides())
        if (networks.empty() ||
            std::find(networks.begin(), networks.end(), side.model->name()) != networks.end())
            sides.push_back(side);
    return sides;
}

void print(const Report& report, const CtlOffice::Books& books, std::ostream& out)
{
    out << table_of(report) << failures_of(report) << "\n" << books.text;
}

} // namespace

Exit run_demo(const DemoOptions& options, std::ostream& out)
{
    if (!options.wants_json) out << "seed " << options.seed << std::endl;
    TestBed bed({.bin = options.bin, .database_url = options.database_url});
    const auto host = bed.start_host();
    RunIds ids(options.seed, wall_clock_us());

    const World world{*host, bed.office(), ids, [&] { return bed.start_host(); }};
    const Report report =
        play_all({options.scenarios, chosen_sides(bed, options.networks), options.jobs}, world);
    const int host_status = host->is_running() ? host->stop() : -1;
    const CtlOffice::Books books = bed.office().check_books();

    if (options.wants_json)
        out << json_of(report);
    else
        print(report, books, out);
    write_report_files(report, options.report_files);
    if (host_status != 0) out << "the host did not end as it should: exit " << host_status << "\n";
    const bool is_well = report.failed() == 0 && host_status == 0 && books.status == 0;
    if (!is_well) {
        bed.keep();
        if (!options.wants_json)
            out << "the host's configuration and log are kept in " << bed.folder() << "\n";
    }
    if (books.status == 6) return Exit::money;
    if (books.status != 0) return Exit::unreachable;
    return is_well ? Exit::done : Exit::differs;
}

} // namespace sim
