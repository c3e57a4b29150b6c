#include "sim/report.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace sim {

namespace json = boost::json;

namespace {

std::string padded(std::string text, std::size_t width)
{
    return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

std::vector<std::string> networks_of(const Report& report)
{
    std::vector<std::string> names;
    for (const Played& played : report.played)
        if (std::find(names.begin(), names.end(), played.network) == names.end())
            names.push_back(played.network);
    return names;
}

std::string word_of(const Played& played)
{
    if (played.was_skipped) return "-";
    if (played.verdict.passed) return "passed";
    return "FAILED";
}

std::string step_of(const Verdict& verdict)
{
    return verdict.step == 0 ? "preparations" : "step " + std::to_string(verdict.step);
}

} // namespace

std::size_t Report::failed() const
{
    return static_cast<std::size_t>(std::count_if(
        played.begin(), played.end(), [](const Played& p) { return !p.was_skipped && !p.verdict.passed; }));
}

std::size_t Report::passed() const
{
    return static_cast<std::size_t>(std::count_if(
        played.begin(), played.end(), [](const Played& p) { return !p.was_skipped && p.verdict.passed; }));
}

std::string table_of(const Report& report)
{
    std::size_t width = 8;
    for (const Played& played : report.played) width = std::max(width, played.scenario.size());
    const std::vector<std::string> networks = networks_of(report);

    std::string text = padded("scenario", width);
    for (const std::string& network : networks) text += "  " + padded(network, 18);
    text += "\n";
    std::string row;
    for (const Played& played : report.played) {
        if (played.scenario != row) text += (row.empty() ? "" : "\n") + padded(played.scenario, width);
        row = played.scenario;
        text += "  " + padded(word_of(played), 18);
    }
    return text + "\n\n" + std::to_string(report.passed()) + " passed, " + std::to_string(report.failed()) +
           " failed\n";
}

std::string failures_of(const Report& report)
{
    std::string text;
    for (const Played& played : report.played) {
        if (played.was_skipped || played.verdict.passed) continue;
        const Verdict& verdict = played.verdict;
        text += "\n" + played.scenario + " on " + played.network + "  FAILED  " + step_of(verdict) + "  " +
                verdict.place + "\n  " + verdict.problem + "\n" + verdict.ladder;
    }
    return text;
}

std::string json_of(const Report& report)
{
    json::array rows;
    for (const Played& played : report.played) {
        json::object row{{"scenario", played.scenario},
                         {"title", played.title},
                         {"network", played.network},
                         {"verdict", played.was_skipped      ? "skipped"
                                     : played.verdict.passed ? "passed"
                                                             : "failed"}};
        if (!played.was_skipped) row["took_ms"] = played.verdict.took.count();
        if (!played.was_skipped && !played.verdict.passed) {
            row["step"] = played.verdict.step;
            row["place"] = played.verdict.place;
            row["problem"] = played.verdict.problem;
            row["ladder"] = played.verdict.ladder;
        }
        rows.emplace_back(std::move(row));
    }
    const json::object object{{"schema", "tollgate/run/1"},
                              {"seed", std::to_string(report.seed)},
                              {"passed", report.passed()},
                              {"failed", report.failed()},
                              {"scenarios", std::move(rows)}};
    return json::serialize(object) + "\n";
}

} // namespace sim
