#include "sim/fire_report.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace sim {

namespace json = boost::json;

namespace {

double percent(std::size_t part, std::size_t whole)
{
    return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void add_row(std::ostringstream& out, std::string_view name, std::size_t count)
{
    out << "  " << std::left << std::setw(32) << name << std::right << std::setw(10) << count << "\n";
}

std::size_t count_of(const Audit& audit, Breach breach)
{
    return audit.counts.at(static_cast<std::size_t>(breach));
}

} // namespace

bool FireReport::is_good() const
{
    return audit.is_clean(tolerated) && books.status == 0 && own_ends == 0 && unanswered == 0 &&
           audit.determinate == audit.messages && audit.messages > 0;
}

std::string text_of(const FireReport& report)
{
    std::ostringstream out;
    out << "what was done\n";
    for (std::size_t i = 0; i < report.faults.size(); ++i) {
        const double mean =
            report.faults[i] == 0 ? 0 : report.fault_seconds[i] / static_cast<double>(report.faults[i]);
        add_row(out, name_of(static_cast<ProcessFault::Kind>(i)), report.faults[i]);
        out.seekp(-1, std::ios::end); // on the same line
        out << std::fixed << std::setprecision(1) << std::setw(8) << mean << " s each\n";
    }
    for (std::size_t i = 1; i < report.treatments.size(); ++i)
        add_row(out, "frame " + std::string(name_of(static_cast<Treatment::Kind>(i))), report.treatments[i]);
    out << "\nwhat was sent\n";
    add_row(out, "planned messages", report.planned);
    add_row(out, "frames sent", report.traffic.sent);
    add_row(out, "timeouts", report.traffic.timeouts);
    add_row(out, "repeats after timeouts", report.traffic.repeats);
    add_row(out, "reversals after timeouts", report.traffic.reversals);
    add_row(out, "connections made", report.traffic.reconnects);
    add_row(out, "requests at the server", report.audit.requests);
    add_row(out, "answers of the server", report.audit.answers);
    add_row(out, "refused as damaged", report.audit.format_errors);
    add_row(out, "different messages", report.audit.messages);
    add_row(out, "approved", report.audit.approved);
    out << "\nverdict\n";
    for (std::size_t i = 0; i < breach_count; ++i) {
        const bool is_tolerated =
            std::ranges::find(report.tolerated, static_cast<Breach>(i)) != report.tolerated.end();
        add_row(out, std::string(name_of(static_cast<Breach>(i))) + (is_tolerated ? " (tolerated)" : ""),
                report.audit.counts[i]);
    }
    add_row(out, "server ended by itself", report.own_ends);
    for (const Violation& violation : report.audit.violations)
        out << "  " << name_of(violation.breach) << ": " << violation.key << ": " << violation.text << "\n";
    out << std::fixed << std::setprecision(4) << "  determinate "
        << percent(report.audit.determinate, report.audit.messages) << " % of " << report.audit.messages
        << std::setprecision(1) << ", settled after " << report.settled_after << " s, " << report.seconds
        << " s in all\n  invariants " << (report.books.status == 0 ? "all empty" : "BROKEN") << "\n";
    if (report.books.status != 0) out << report.books.text;
    if (report.stop_status != 0)
        out << "  the server's last stop ended with exit " << report.stop_status << "\n";
    out << (report.is_good() ? "good: " : "BAD: ") << count_of(report.audit, Breach::lost) << " lost, "
        << count_of(report.audit, Breach::doubled) << " doubled, "
        << count_of(report.audit, Breach::contradicting) +
               count_of(report.audit, Breach::unavailable_and_approved)
        << " contradicting" << (report.tolerated.empty() ? "" : " (some of it tolerated, see above)") << "\n";
    return out.str();
}

std::string json_of(const FireReport& report)
{
    json::object faults;
    for (std::size_t i = 0; i < report.faults.size(); ++i)
        faults[name_of(static_cast<ProcessFault::Kind>(i))] =
            json::object{{"count", report.faults[i]}, {"seconds", report.fault_seconds[i]}};
    json::object frames;
    for (std::size_t i = 1; i < report.treatments.size(); ++i)
        frames[name_of(static_cast<Treatment::Kind>(i))] = report.treatments[i];
    json::object verdict;
    for (std::size_t i = 0; i < breach_count; ++i)
        verdict[name_of(static_cast<Breach>(i))] = report.audit.counts[i];
    json::array tolerated;
    for (const Breach breach : report.tolerated) tolerated.push_back(json::string(name_of(breach)));
    json::array violations;
    for (const Violation& v : report.audit.violations)
        violations.push_back(json::object{{"breach", name_of(v.breach)}, {"key", v.key}, {"text", v.text}});
    const json::object object{
        {"schema", "tollgate/fire/1"},
        {"seed", std::to_string(report.seed)},
        {"good", report.is_good()},
        {"messages", report.planned},
        {"faults", std::move(faults)},
        {"frames", std::move(frames)},
        {"sent", report.traffic.sent},
        {"timeouts", report.traffic.timeouts},
        {"repeats", report.traffic.repeats},
        {"reversals", report.traffic.reversals},
        {"requests", report.audit.requests},
        {"answers", report.audit.answers},
        {"format_errors", report.audit.format_errors},
        {"different", report.audit.messages},
        {"approved", report.audit.approved},
        {"determinate_percent", percent(report.audit.determinate, report.audit.messages)},
        {"verdict", std::move(verdict)},
        {"tolerated", std::move(tolerated)},
        {"violations", std::move(violations)},
        {"own_ends", report.own_ends},
        {"unanswered", report.unanswered},
        {"invariants", report.books.status},
        {"stop_status", report.stop_status},
        {"settle_seconds", report.settled_after},
        {"seconds", report.seconds}};
    return json::serialize(object) + "\n";
}

} // namespace sim
