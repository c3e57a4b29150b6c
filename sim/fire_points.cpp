#include "sim/fire_points.hpp"

#include "sim/fire_killer.hpp"

#include <boost/json.hpp>

#include <unistd.h>

#include <atomic>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace sim {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds settle_limit{60};
constexpr std::int64_t opening = 1'000'000'000; ///< of every card: money is not what is tried here
constexpr std::uint32_t cards = 50;
constexpr std::size_t plan_messages = 60'000; ///< more than the kills of one point take
constexpr std::size_t sample = 20;

struct PointResult {
    std::string point;
    FireKiller::Counts counts;
    FireReport report;

    [[nodiscard]] bool is_good(std::size_t wanted) const
    {
        return counts.kills >= wanted && report.is_good();
    }
};

std::vector<std::string> points_of(const FireOptions& options)
{
    if (!options.points.empty()) return options.points;
    const Finished list = run_program({options.bin + "/tollgated", "--list-crash-points"}, "");
    if (list.status != 0)
        throw HostError("the server has no crash points: it is no test build (preset \"fire\" makes one)");
    std::vector<std::string> points;
    std::istringstream lines(list.out);
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) points.push_back(line);
    return points;
}

/// postgresql://user@/NAME?host=...: the same server, another database.
std::string url_of_database(const std::string& url, const std::string& name)
{
    const std::size_t options = url.find('?');
    const std::size_t slash = url.rfind('/', options);
    if (slash == std::string::npos) throw PostgresError("no database is named in the URL");
    return url.substr(0, slash + 1) + name + (options == std::string::npos ? "" : url.substr(options));
}

std::uint64_t seed_of(const std::string& point, std::uint64_t seed)
{
    for (const char c : point) seed = Rng(seed + static_cast<unsigned char>(c)).next();
    return seed;
}

/// The books are those of this point alone.
class PointRun {
public:
    PointRun(const FireOptions& options, FirePostgres& postgres, const std::string& point, std::size_t number)
        : options_(options_for(options, postgres, point, number)), point_(point), plan_(plan_for(options_)),
          stage_(
              {.options = options_,
               .postgres = postgres,
               .opening_minor = opening,
               .traffic = {.network_timeout = std::chrono::milliseconds{1'500}, .window = 64, .per_tick = 8},
               .treat = [this](const PassingFrame& frame) {
                   if (is_quiet_) return Treatment{};
                   return plan_.treatment(frame.direction, frame.number, frame.message.size());
               }})
    {
    }

    PointResult run(const std::vector<Breach>& tolerated)
    {
        const auto begin = Clock::now();
        PointResult result;
        result.point = point_;
        result.report.seed = options_.seed;
        result.report.tolerated = tolerated;
        const auto traffic = stage_.traffic(plan_, {[] { return true; }, [](const ProcessFault&) {}});
        FireKiller killer(stage_, {point_, options_.kills, options_.seed, stage_.folder() + "/counters"});
        traffic->run_until([&] { return killer.is_over(); });
        result.counts = killer.counts();
        result.report.own_ends = result.counts.own_ends;
        settle(*traffic, result.report);
        result.report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        return result;
    }

    std::string keep(const PointResult& result) { return stage_.keep(result.report); }

private:
    static FireOptions options_for(FireOptions options, FirePostgres& postgres, const std::string& point,
                                   std::size_t number)
    {
        const std::string name = "point_" + std::to_string(::getpid()) + "_" + std::to_string(number);
        const Finished made = postgres.ask("create database " + name);
        if (made.status != 0) throw PostgresError("cannot create database " + name + ": " + made.err);
        options.database_url = url_of_database(options.database_url, name);
        options.cards = cards;
        options.seed = seed_of(point, options.seed); // the same when it is run alone
        return options;
    }

    static FirePlan plan_for(const FireOptions& options)
    {
        FirePlanSettings settings;
        settings.seed = options.seed;
        settings.messages = plan_messages;
        settings.cards = cards;
        FirePlan plan = make_fire_plan(settings);
        plan.faults.clear(); // the crash is the fault
        return plan;
    }

    void settle(FireTraffic& traffic, FireReport& report)
    {
        stage_.close_doors();
        stage_.host().set_environment({});
        stage_.host().start();
        stage_.open_doors();
        is_quiet_ = true;
        report.unanswered = traffic.settle(settle_limit);
        traffic.repeat_every(sample);
        report.traffic = traffic.counts();
        report.stop_status = stage_.host().stop();
        stage_.judge(report);
    }

    FireOptions options_;
    std::string point_;
    FirePlan plan_;
    std::atomic<bool> is_quiet_{false};
    FireStage stage_;
};

std::string line_of(const PointResult& result, std::size_t wanted)
{
    std::ostringstream line;
    line << std::left << std::setw(34) << result.point << std::right << std::setw(7) << result.counts.kills
         << std::setw(10) << result.counts.at_start << std::setw(7) << result.counts.lives << std::setw(10)
         << result.counts.reached << std::setw(10) << result.report.audit.messages << std::setw(14)
         << std::fixed << std::setprecision(4)
         << (result.report.audit.messages == 0
                 ? 0
                 : 100.0 * static_cast<double>(result.report.audit.determinate) /
                       static_cast<double>(result.report.audit.messages))
         << std::setw(6) << std::setprecision(0) << result.report.seconds << "  "
         << (result.is_good(wanted)         ? "good"
             : result.counts.kills < wanted ? "NOT REACHED often enough"
                                            : "BAD");
    return line.str();
}

json::object object_of(const PointResult& result, std::size_t wanted)
{
    return {{"point", result.point},
            {"kills", result.counts.kills},
            {"at_start", result.counts.at_start},
            {"lives", result.counts.lives},
            {"reached", result.counts.reached},
            {"good", result.is_good(wanted)},
            {"report", json::parse(json_of(result.report))}};
}

} // namespace

Exit run_crash_points(const FireOptions& options, FirePostgres& postgres, std::ostream& out,
                      std::ostream& err)
{
    std::ostream& words = options.wants_json ? err : out;
    std::vector<Breach> tolerated;
    for (const std::string& name : options.tolerated) tolerated.push_back(*breach_named(name));
    words << "point                               kills  at start  lives   reached  messages  determinate %"
             "  seconds\n";
    json::array rows;
    std::size_t bad = 0;
    std::size_t number = 0;
    for (const std::string& point : points_of(options)) {
        PointRun run(options, postgres, point, ++number);
        const PointResult result = run.run(tolerated);
        words << line_of(result, options.kills) << std::endl;
        rows.push_back(object_of(result, options.kills));
        if (result.is_good(options.kills)) continue;
        ++bad;
        for (const Violation& v : result.report.audit.violations)
            words << "  " << name_of(v.breach) << ": " << v.key << ": " << v.text << "\n";
        words << "  kept in " << run.keep(result) << "\n  repeat with: scripts/chaos --crash-points --seed "
              << options.seed << " --kills " << options.kills << " --point " << point << "\n";
    }
    if (options.wants_json)
        out << json::serialize(json::object{{"schema", "tollgate/crash-points/1"},
                                            {"seed", std::to_string(options.seed)},
                                            {"kills_wanted", options.kills},
                                            {"points", std::move(rows)},
                                            {"bad", bad}})
            << "\n";
    words << (bad == 0 ? "good: " : "BAD: ") << number - bad << " of " << number << " points, "
          << options.kills << " kills each\n";
    return bad == 0 ? Exit::done : Exit::differs;
}

} // namespace sim
