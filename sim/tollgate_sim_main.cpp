/// Program `tollgate-sim`: the shop and its network, for tests and demonstrations.
#include "net/key_file.hpp"
#include "net/tls_context.hpp"
#include "sim/chaos_command.hpp"
#include "sim/demo.hpp"
#include "sim/dialect_import.hpp"
#include "sim/fire_command.hpp"
#include "sim/fire_postgres.hpp"
#include "sim/import_command.hpp"
#include "sim/load_command.hpp"
#include "sim/manual_command.hpp"
#include "sim/msg_command.hpp"
#include "sim/pcap_file.hpp"
#include "sim/record_command.hpp"
#include "sim/replay_command.hpp"
#include "sim/report_command.hpp"
#include "sim/runner.hpp"
#include "sim/serve_command.hpp"
#include "sim/test_bed.hpp"

#include <cstdlib>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>

namespace {

using namespace sim;

struct Options {
    std::vector<std::string> files;
    std::vector<std::string> networks;
    std::vector<std::string> targets;
    std::string known_as = "net-a";
    std::string bin = own_folder();
    std::string database_url;
    std::string token_key_file;
    TargetOptions reach;
    std::string only;
    std::uint64_t seed = wall_clock_us();
    int jobs = 4;
    bool wants_json = false;
    LoadOptions load;
    EchoOptions echo;
    ImportOptions import;
    ReportFiles report_files;
    ReportOptions report;
    FireOptions fire;
    std::string shell;
    PcapImportOptions pcap_import;
    RecordOptions record;
    ReplayOptions replay;
    ChaosOptions chaos;
    ServeOptions serve;
};

/// Wrong usage that CLI11 cannot see.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Says so when a scenario needs accounts and nobody can open them.
class NoOffice final : public Office {
public:
    [[nodiscard]] std::int64_t open_account(const AccountGiven&) override { refuse(); }
    void issue_card(const CardOrder&) override { refuse(); }
    [[nodiscard]] std::int64_t balance_minor(std::int64_t) override { refuse(); }
    [[nodiscard]] TransactionSeen transaction(const TransactionName&) override { refuse(); }

private:
    [[noreturn]] static void refuse()
    {
        throw OfficeError("accounts need --database and --token-key-file beside --target");
    }
};

std::vector<Scenario> chosen_scenarios(const Options& options)
{
    std::vector<Scenario> scenarios =
        options.files.empty() ? built_in_scenarios() : load_scenarios(options.files);
    if (!options.only.empty()) scenarios = only_tagged(std::move(scenarios), options.only);
    if (scenarios.empty()) throw UsageError("no scenario has the tag \"" + options.only + "\"");
    return scenarios;
}

std::string needed_database(const Options& options)
{
    if (!options.database_url.empty()) return options.database_url;
    throw UsageError(
        "no database: give --database URL, set TOLLGATE_DATABASE_URL or use scripts/with_postgres");
}

Exit run_on_own_host(const Options& options)
{
    if (!is_plain(options.reach))
        throw UsageError("--tls-*, --mac-* and --sign-on say how a --target is reached");
    DemoOptions demo;
    demo.bin = options.bin;
    demo.database_url = needed_database(options);
    demo.scenarios = chosen_scenarios(options);
    demo.networks = options.networks;
    demo.seed = options.seed;
    demo.jobs = options.jobs;
    demo.wants_json = options.wants_json;
    demo.report_files = options.report_files;
    return run_demo(demo, std::cout);
}

/// "LINK=HOST:PORT", or "HOST:PORT" for the link "one".
std::map<std::string, Address> links_of(const std::vector<std::string>& targets,
                                        std::vector<std::string>& names)
{
    std::map<std::string, Address> links;
    for (const std::string& target : targets) {
        const std::size_t equals = target.find('=');
        names.push_back(equals == std::string::npos ? "one" : target.substr(0, equals));
        links[names.back()] = parse_address(equals == std::string::npos ? target : target.substr(equals + 1));
    }
    return links;
}

Exit run_against(const Options& options)
{
    if (options.networks.size() != 1) throw UsageError("--target needs exactly one --network");
    Side side;
    side.model = network_named(options.networks.front());
    side.network = options.known_as;
    side.reach = reach_of(options.reach, side.model, options.seed);
    RunningHost host(links_of(options.targets, side.links));
    RunIds ids(options.seed, wall_clock_us());
    NoOffice nobody;
    CtlOffice ctl({options.bin + "/tollgatectl", options.database_url, options.token_key_file});
    const bool has_office = !options.database_url.empty() && !options.token_key_file.empty();
    const World world{host, has_office ? static_cast<Office&>(ctl) : nobody, ids, {}};
    const Report report = play_all({chosen_scenarios(options), {side}, options.jobs}, world);
    if (options.wants_json)
        std::cout << json_of(report);
    else
        std::cout << "seed " << options.seed << "\n" << table_of(report) << failures_of(report);
    write_report_files(report, options.report_files);
    return report.failed() == 0 ? Exit::done : Exit::differs;
}

void add_common(CLI::App& command, Options& options)
{
    command.add_option("--bin", options.bin,
                       "folder of tollgated and tollgatectl (default: beside this program)");
    command.add_option("--database", options.database_url, "PostgreSQL URL")
        ->envname("TOLLGATE_DATABASE_URL");
    command.add_option("--seed", options.seed, "number that decides STANs and RRNs (default: the time)");
    command.add_option("--jobs", options.jobs, "scenarios at once")->check(CLI::Range(1, 64));
    command.add_option("--network", options.networks,
                       "iso-single-message, japanese-house, or a file (default: both built-in ones)");
    command.add_flag("--json", options.wants_json, "one JSON object instead of a table");
}

/// Each with what runs it.
using Commands = std::vector<std::pair<const CLI::App*, std::function<Exit()>>>;

CLI::App* add_run(CLI::App& app, Options& options)
{
    CLI::App* const play = app.add_subcommand("run", "play scenario files (or folders of them)");
    play->footer("Example:\n"
                 "  scripts/with_postgres tollgate-sim run sim/scenarios/20-sale-then-refund.toml");
    add_common(*play, options);
    add_report_files(*play, options.report_files);
    play->add_option("files", options.files, "FILE or DIR")->required()->check(CLI::ExistingPath);
    play->add_option("--only", options.only, "scenarios with this tag");
    play->add_option("--target", options.targets,
                     "[LINK=]HOST:PORT of a running server, in the order of use");
    add_target_options(*play, options.reach);
    add_sign_on_option(*play, options.reach);
    play->add_option("--known-as", options.known_as, "`network` of the running server's links");
    play->add_option("--token-key-file", options.token_key_file, "the running server's key for card tokens");
    return play;
}

CLI::App* add_demo(CLI::App& app, Options& options)
{
    CLI::App* const demo =
        app.add_subcommand("demo", "start a server, play every built-in scenario, show the books");
    demo->footer("Example:\n  scripts/with_postgres tollgate-sim demo");
    add_common(*demo, options);
    add_report_files(*demo, options.report_files);
    return demo;
}

Exit run_fire_on_own_host(Options& options)
{
    options.fire.bin = options.bin;
    if (!options.fire.only_plan) options.fire.database_url = needed_database(options);
    options.fire.seed = options.seed;
    options.fire.wants_json = options.wants_json;
    return run_fire(options.fire, std::cout, std::cerr);
}

/// In the order of --help.
Commands add_commands(CLI::App& app, Options& options)
{
    Commands all;
    all.emplace_back(add_demo(app, options), [&] { return run_on_own_host(options); });
    all.emplace_back(add_run(app, options), [&] {
        return options.targets.empty() ? run_on_own_host(options) : run_against(options);
    });
    all.emplace_back(add_load(app, options.load),
                     [&] { return run_load(options.load, std::cout, std::cerr); });
    all.emplace_back(add_echo(app, options.echo), [&] { return run_echo(options.echo, std::cout); });
    all.emplace_back(add_serve(app, options.serve),
                     [&] { return run_serve(options.serve, std::cout, std::cerr); });
    all.emplace_back(add_chaos(app, options.chaos),
                     [&] { return run_chaos(options.chaos, std::cout, std::cerr); });
    all.emplace_back(add_record(app, options.record),
                     [&] { return run_record(options.record, std::cout, std::cerr); });
    all.emplace_back(add_pcap_import(app, options.pcap_import),
                     [&] { return run_pcap_import(options.pcap_import, std::cout, std::cerr); });
    all.emplace_back(add_replay(app, options.replay),
                     [&] { return run_replay(options.replay, std::cout, std::cerr); });
    all.emplace_back(add_report(app, options.report), [&] { return run_report(options.report, std::cout); });
    CLI::App* const fire = add_fire(app, options.fire);
    add_common(*fire, options);
    all.emplace_back(fire, [&] { return run_fire_on_own_host(options); });
    all.emplace_back(add_import(app, options.import),
                     [&] { return run_import(options.import, std::cout, std::cerr); });
    all.emplace_back(add_completion(app, options.shell),
                     [&] { return run_completion(app, options.shell, std::cout); });
    all.emplace_back(add_man(app), [&] { return run_man(app, std::cout); });
    return all;
}

int run(int argc, char** argv)
{
    Options options;
    CLI::App app{"The shop and its network: plays scenarios against a Tollgate server.\n\n"
                 "  scripts/with_postgres tollgate-sim demo\n"
                 "  scripts/with_postgres tollgate-sim run sim/scenarios/20-sale-then-refund.toml\n"
                 "  tollgate-sim load --rate 500/s --for 60s --target 127.0.0.1:8583\n"
                 "  tollgate-sim msg doctor docs/examples/sale.hex\n"};
    app.name("tollgate-sim");
    app.set_version_flag("--version", TOLLGATE_VERSION);
    app.require_subcommand(1);

    Commands commands = add_commands(app, options);
    MsgCommand msg(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error, std::cout, std::cerr);
        return code == 0 ? 0 : static_cast<int>(Exit::usage);
    }
    if (msg.was_given()) return static_cast<int>(msg.run(std::cin, std::cout, std::cerr));
    for (const auto& [command, run_it] : commands)
        if (command->parsed()) return static_cast<int>(run_it());
    throw std::logic_error("a command that nobody runs");
}

int complain(const std::exception& error, Exit code)
{
    std::cerr << "tollgate-sim: " << error.what() << "\n";
    return static_cast<int>(code);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return run(argc, argv);
    } catch (const UsageError& error) {
        return complain(error, Exit::usage);
    } catch (const InputError& error) {
        return complain(error, Exit::usage);
    } catch (const ReportError& error) {
        return complain(error, Exit::usage);
    } catch (const FileError& error) {
        return complain(error, Exit::usage);
    } catch (const codec::DialectError& error) {
        return complain(error, Exit::usage);
    } catch (const std::invalid_argument& error) {
        return complain(error, Exit::usage);
    } catch (const net::KeyFileError& error) {
        return complain(error, Exit::usage);
    } catch (const net::TlsError& error) {
        return complain(error, Exit::usage);
    } catch (const PcapError& error) {
        return complain(error, Exit::usage);
    } catch (const CaptureError& error) {
        return complain(error, Exit::unreachable);
    } catch (const WireError& error) {
        return complain(error, Exit::unreachable);
    } catch (const HostError& error) {
        return complain(error, Exit::unreachable);
    } catch (const OfficeError& error) {
        return complain(error, Exit::unreachable);
    } catch (const ChildError& error) {
        return complain(error, Exit::unreachable);
    } catch (const PostgresError& error) {
        return complain(error, Exit::unreachable);
    } catch (const std::exception& error) {
        return complain(error, Exit::internal);
    }
}
