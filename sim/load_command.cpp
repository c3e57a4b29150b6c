#include "sim/load_command.hpp"

#include "sim/load_answerer.hpp"
#include "sim/load_search.hpp"
#include "sim/load_venue.hpp"
#include "sim/rate_text.hpp"
#include "sim/report_command.hpp"
#include "sim/toml_reader.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>

namespace sim {

namespace {

std::chrono::nanoseconds time_option(const std::string& text, const std::string& name)
{
    const auto time = parse_time(text);
    if (!time) throw std::invalid_argument(name + " is a time with a unit, for example 60s or 250ms");
    return *time;
}

double rate_option(const std::string& text)
{
    const auto rate = parse_rate(text);
    if (!rate) throw std::invalid_argument("--rate is a rate with a unit, for example 500/s");
    return *rate;
}

/// --rate, --for and --warm-up make stages of their own.
void put_stages(const LoadOptions& options, LoadPlan& plan)
{
    if (!options.rate && !options.lasts && !options.warm_up) return;
    if (!options.rate || !options.lasts)
        throw std::invalid_argument("--rate and --for belong together: --rate 500/s --for 60s");
    RateStage stage;
    stage.name = "steady";
    stage.from = rate_option(*options.rate);
    stage.lasts = time_option(*options.lasts, "--for");
    plan.stages = {stage};
    if (!options.warm_up) return;
    stage.name = "warm-up";
    stage.lasts = time_option(*options.warm_up, "--warm-up");
    stage.is_recorded = false;
    plan.stages.insert(plan.stages.begin(), stage);
}

void put_arrivals(const LoadOptions& options, LoadPlan& plan)
{
    if (!options.arrivals) return;
    plan.arrivals = *options.arrivals == "constant" ? Arrivals::constant : Arrivals::poisson;
}

/// Better before the run than after it.
void check_thresholds(const LoadPlan& plan)
{
    for (const Threshold& threshold : plan.thresholds) {
        const bool is_known = threshold.stage.empty() ||
                              std::any_of(plan.stages.begin(), plan.stages.end(),
                                          [&](const RateStage& s) { return s.name == threshold.stage; });
        if (!is_known)
            throw std::invalid_argument("threshold \"" + threshold.text + "\": no stage is named \"" +
                                        threshold.stage + "\"");
    }
}

LoadPlan plan_of(const LoadOptions& options)
{
    LoadPlan plan;
    if (!options.file.empty()) plan = parse_load(read_whole_file(options.file), options.file);
    put_stages(options, plan);
    put_arrivals(options, plan);
    if (options.mix) plan.mix = mix_of(*options.mix);
    if (options.target) plan.target = parse_address(*options.target);
    if (options.deadline) plan.deadline = time_option(*options.deadline, "--deadline");
    if (options.slip_limit) plan.slip_limit = time_option(*options.slip_limit, "--slip-limit");
    plan.network = options.network.value_or(plan.network);
    plan.cards.file = options.card_file.value_or(plan.cards.file);
    plan.cards.count = options.cards.value_or(plan.cards.count);
    plan.connections = options.connections.value_or(plan.connections);
    plan.in_flight = options.in_flight.value_or(plan.in_flight);
    if (options.seed) plan.seed = options.seed;
    for (const std::string& text : options.thresholds) plan.thresholds.push_back(parse_threshold(text));
    if (plan.mix.empty()) plan.mix = {{"sale"}};
    if (plan.stages.empty())
        throw std::invalid_argument("a load needs a FILE, or --rate and --for: --rate 500/s --for 60s");
    check_thresholds(plan);
    if (!plan.target && options.database_url.empty())
        throw std::invalid_argument("no server: give --target HOST:PORT of one, or --database URL (or use "
                                    "scripts/with_postgres) for one of our own");
    if (!options.html.empty() && options.html == options.output)
        throw std::invalid_argument("--html and --output are two files");
    if (!plan.target && !is_plain(options.reach))
        throw std::invalid_argument("--tls-*, --mac-* and --sign-on say how a --target is reached");
    return plan;
}

Exit exit_of(const LoadReport& report)
{
    if (!report.is_valid()) return Exit::invalid;
    if (!report.passed()) return Exit::differs;
    return report.totals.was_stopped ? Exit::stopped : Exit::done;
}

Exit exit_of(const LoadSearchReport& report)
{
    using Limit = LoadSearchReport::Limit;
    if (report.limit == Limit::stopped) return Exit::stopped;
    if (report.limit == Limit::lost) return Exit::unreachable;
    if (report.best) return Exit::done;
    return report.limit == Limit::generator ? Exit::invalid : Exit::differs;
}

LoadProgress progress_of(const LoadOptions& options)
{
    if (options.progress == "none") return LoadProgress::none;
    if (options.progress == "line") return LoadProgress::line;
    return options.progress == "jsonl" ? LoadProgress::jsonl : usual_progress();
}

/// What a load or a search has found.
struct Found {
    boost::json::object json;
    std::string text;
    Exit exit = Exit::done;
};

/// returns  why a file could not be written; empty: all are
std::string write(const Found& found, const LoadOptions& options, std::ostream& out)
{
    const std::string json = boost::json::serialize(found.json) + "\n";
    out << (options.wants_json ? json : found.text) << std::flush;
    try {
        if (!options.output.empty()) write_report(options.output, json);
        if (!options.html.empty()) write_html(options.html, {{{options.html, json}}});
    } catch (const ReportError& error) {
        return error.what();
    }
    return {};
}

/// Better before the run than after it: a file that is there stays as it is.
void check_can_be_written(const std::string& path)
{
    if (path.empty()) return;
    const bool is_new = !std::filesystem::exists(path);
    if (!std::ofstream(path, std::ios::app)) throw FileError({path, 0, 0}, "cannot be written");
    if (is_new) std::filesystem::remove(path);
}

/// The books of a server of our own come last.
Exit close(LoadVenue& venue, Exit before, std::ostream& words)
{
    const auto books = venue.close();
    if (!books) return before;
    words << books->text;
    return books->status == 0 ? before : Exit::money;
}

} // namespace

CLI::App* add_load(CLI::App& program, LoadOptions& options)
{
    CLI::App* load = program.add_subcommand(
        "load",
        "send messages at a rate, however slow the answers are, and measure what customers would wait\n\n"
        "  tollgate-sim load evening-peak.toml --target 127.0.0.1:8583 -o result.json\n"
        "  tollgate-sim load --rate 500/s --for 60s --target 127.0.0.1:8583 --threshold 'p99<50ms'\n"
        "  scripts/with_postgres tollgate-sim load --rate 200/s --for 10s --find-max 'p99<50ms'\n\n"
        "Keys while it runs: + and - change the rate, space pauses, q ends. Exit codes: 0 all thresholds "
        "hold,\n"
        "1 one does not, 4 INVALID (the generator was late itself), 6 the books are wrong, 130 stopped.");
    load->add_option("file", options.file, "stages, mix, thresholds (docs/load.md)")
        ->check(CLI::ExistingFile);
    load->add_option("--rate", options.rate, "transactions per second: 500/s");
    load->add_option("--for", options.lasts, "how long: 60s");
    load->add_option("--warm-up", options.warm_up, "before that, at the same rate, not counted: 5s");
    load->add_option("--mix", options.mix, "scenarios and weights: sale=90,sale+reversal=10 (default: sale)");
    load->add_option("--target", options.target, "HOST:PORT of a running server (default: one of our own)");
    add_target_options(*load, options.reach);
    add_sign_on_option(*load, options.reach);
    load->add_option("--network", options.network, "iso-single-message, japanese-house, or a file");
    load->add_option("--connections", options.connections, "at once (default 16)")
        ->check(CLI::Range(1, 1000));
    load->add_option("--in-flight", options.in_flight,
                     "over all connections; above it messages wait (default 20000)")
        ->check(CLI::Range(1, 1'000'000));
    load->add_option("--deadline", options.deadline,
                     "unanswered messages count as having taken it (default 5s)");
    load->add_option("--slip-limit", options.slip_limit, "INVALID when slip p99 is above it (default 10ms)");
    load->add_option("--arrivals", options.arrivals, "constant or poisson (default poisson)")
        ->check(CLI::IsMember({"constant", "poisson"}));
    load->add_option("--cards", options.cards, "how many (default 100)")->check(CLI::Range(1, 1'000'000));
    load->add_option("--card-file", options.card_file, "CSV with pan and expiry, as tollgatectl imports it");
    load->add_option("--threshold", options.thresholds,
                     "p99<50ms, declined<1%, unanswered=0, ... (repeatable)");
    load->add_option("--find-max", options.find_max, "the highest rate at which this holds: 'p99<50ms'");
    load->add_option("--seed", options.seed, "number that decides the whole schedule (default: the time)");
    load->add_option("-o,--output", options.output, "write the JSON report to this file, too");
    load->add_option("--html", options.html, "write it as one HTML file, too, as `report` does")
        ->type_name("FILE");
    load->add_option("--progress", options.progress, "auto, line, jsonl or none")
        ->check(CLI::IsMember({"auto", "line", "jsonl", "none"}));
    load->add_flag("--json", options.wants_json, "one JSON object instead of tables");
    load->add_option("--bin", options.bin,
                     "folder of tollgated and tollgatectl (default: beside this program)");
    load->add_option("--database", options.database_url, "PostgreSQL URL for a server of our own")
        ->envname("TOLLGATE_DATABASE_URL");
    return load;
}

Exit run_load(const LoadOptions& options, std::ostream& out, std::ostream& err)
{
    const LoadPlan plan = plan_of(options);
    for (const std::string& path : {options.output, options.html}) check_can_be_written(path);
    std::ostream& words = options.wants_json ? err : out;
    const std::string bin = options.bin.empty() ? own_folder() : options.bin;
    LoadVenue venue(plan, plan.seed.value_or(wall_clock_us()), {bin, options.database_url, options.reach});
    const auto found = [&]() -> Found {
        if (options.find_max.empty()) {
            LoadConsole console(progress_of(options), err);
            const LoadReport report = venue.play(plan, console);
            return {object_of(report), text_of(report), exit_of(report)};
        }
        const LoadSearchReport report =
            find_max(venue, plan, parse_threshold(options.find_max), progress_of(options), words, err);
        return {object_of(report), text_of(report), exit_of(report)};
    }();
    const std::string unwritten = write(found, options, out);
    const Exit end = close(venue, found.exit, words); // the books are looked at whatever became of the files
    if (unwritten.empty()) return end;
    if (end != Exit::money) throw ReportError(unwritten);
    err << unwritten << "\n";
    return end;
}

CLI::App* add_echo(CLI::App& program, EchoOptions& options)
{
    CLI::App* echo = program.add_subcommand(
        "echo", "answer every request with an approval and remember nothing: for trying out a load\n\n"
                "  tollgate-sim echo --port 8583");
    echo->add_option("--port", options.port, "of 127.0.0.1 (default: any free one)");
    echo->add_option("--network", options.network, "iso-single-message, japanese-house, or a file");
    echo->add_option("--silent-every", options.silent_every, "every so manyth request gets no answer");
    echo->add_option("--refuse-every", options.refuse_every, "every so manyth request is declined");
    return echo;
}

Exit run_echo(const EchoOptions& options, std::ostream& out)
{
    const auto network = network_named(options.network);
    LoadAnswerer::Settings settings;
    settings.port = options.port;
    settings.silent_every = options.silent_every;
    settings.refuse_every = options.refuse_every;
    LoadAnswerer answerer(*network, settings);
    out << "listening on " << text_of(answerer.address()) << std::endl;
    answerer.run();
    return Exit::done;
}

} // namespace sim
