// Program `tollgated`: the one place that wires every layer.

#include "authz/test_build.hpp"
#include "net/config_files.hpp"
#include "net/config_reload.hpp"
#include "net/profile.hpp"
#include "net/server.hpp"
#include "net/strict_toml.hpp"
#include "store/card_token.hpp"
#include "store/postgres_ledger.hpp"
#include "store/repair_crew.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace {

enum Exit : int { exit_done = 0, exit_usage = 2, exit_unreachable = 3, exit_internal = 70 };

enum class Task : std::uint8_t { serve, check, print_defaults, print_effective };

struct Options {
    std::vector<std::string> files;
    std::vector<std::string> settings;
    bool is_strict = false;
    Task task = Task::serve;
};

constexpr const char* examples = R"(
Examples:
  tollgated -f tollgated.toml                              serve
  tollgated -f base.toml -f site.toml --set store.workers=4
  tollgated check -f tollgated.toml                        look for mistakes, bind nothing
  tollgated print defaults > tollgated.toml                a file to begin with
  tollgated print effective -f tollgated.toml              each value, and where it comes from
)";

/// A core file would hold card numbers; a closed pipe is an error code, not a signal.
void prepare_process()
{
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // nor may others of this user look into the memory
    std::signal(SIGPIPE, SIG_IGN);
}

/// The mistakes, and how many they are.
int complain(const std::vector<std::string>& errors, const std::string& consequence = {})
{
    for (const std::string& error : errors) std::cerr << error << '\n';
    std::cerr << net::count_of(errors.size(), "error") << consequence << '\n';
    return exit_usage;
}

net::ConfigResult read_config(const Options& options)
{
    net::ConfigSources sources;
    sources.settings = options.settings;
    for (char** variable = environ; *variable; ++variable) sources.environment.emplace_back(*variable);
    net::ConfigResult unread;
    for (const std::string& name : options.files) {
        std::ifstream file(name);
        sources.files.push_back({name, {std::istreambuf_iterator<char>(file), {}}});
        if (!file) unread.errors.push_back(name + ": cannot be read");
    }
    return unread.errors.empty() ? net::parse_config(sources) : unread;
}

/// A lock is not waited for longer than half of what the most hurried link has.
store::LedgerOptions ledger_options(const net::Config& config)
{
    store::LedgerOptions options;
    options.url = config.store.url;
    options.application_name = config.node.name;
    for (const auto& link : config.links)
        options.lock_timeout = std::min(options.lock_timeout, link.timing.decide_deadline() / 2);
    return options;
}

int fail(int code, const std::exception& error)
{
    std::cerr << "tollgated: " << error.what() << '\n';
    return code;
}

/// Repair of this process, and what the server tells it. The crew outlives the server.
std::unique_ptr<store::RepairCrew> take_care(const net::Config& config, net::ServerParts& parts)
{
    store::RepairCrewSettings settings;
    settings.repair.ledger = ledger_options(config);
    settings.repair.ledger.application_name = "repair of " + config.node.name;
    settings.repair.node = config.node.name;
    settings.on_event = [log = parts.log](std::string_view event, std::string_view detail) {
        log->warning(event, {{"detail", detail}});
    };
    const store::Boot boot = store::register_boot(config.store.url, config.node.name);
    auto crew = std::make_unique<store::RepairCrew>(std::move(settings), boot);
    const auto limit = config.node.drain_timeout;
    parts.aftercare.first_delivery = boot.first_delivery();
    parts.aftercare.on_settled = [&crew = *crew](std::uint64_t settled) { crew.settled(settled); };
    parts.aftercare.leave = [&crew = *crew, limit](const net::Leftovers& left) {
        (void)crew.stop(limit / 4); // one that hangs in the database does not come back with news
        return crew.leave({left.settled, left.undos, left.is_complete}, limit);
    };
    return crew;
}

int serve(const net::Config& config, net::ServerParts parts, const Options& options)
{
    const auto crew = take_care(config, parts);
    net::Server server(config, parts);
    server.stop_on_signals();
    net::Reloader reloader(config, {[&options] { return read_config(options); },
                                    [tokenizer = parts.tokenizer](const net::Config& now) {
                                        return net::check_link_files(now, tokenizer);
                                    },
                                    [&server](const net::Config& now) { server.reload(now); }, parts.log});
    server.on_hangup([&reloader] { (void)reloader.reload(); });
    for (const auto& link : server.listening()) {
        const bool is_v6 = link.address.find(':') != std::string::npos;
        const std::string address = is_v6 ? "[" + link.address + "]" : link.address;
        std::cout << "listening " << link.link << ' ' << address << ':' << link.port << '\n';
    }
    std::cout << "ready" << std::endl;
    const auto stopped = server.run();
    // A thread may hang in a call to the database that never returns: there is nothing left to wait for.
    if (stopped != net::Server::Stopped::drained || !crew->stop(std::chrono::milliseconds{0}))
        std::_Exit(stopped == net::Server::Stopped::unknown ? exit_internal : exit_done);
    return exit_done;
}

net::Tokenizer tokenizer_of(const net::Config& config)
{
    const auto tokenizer = std::make_shared<const store::CardTokenizer>(
        store::CardTokenizer::from_file(config.cards.token_key_file.string()));
    return [tokenizer](std::string_view pan) { return tokenizer->token_of(pan); };
}

/// Opens all files and binds nothing.
int check(const Options& options, const net::ConfigResult& read)
{
    std::vector<std::string> errors = read.errors;
    for (const std::string& warning : read.warnings) std::cerr << warning << '\n';
    if (read.config) errors = net::check_link_files(*read.config, tokenizer_of(*read.config));
    const bool is_refused = options.is_strict && !read.warnings.empty();
    const std::string warnings = read.warnings.empty() ? "" : net::count_of(read.warnings.size(), "warning");
    if (!errors.empty()) return complain(errors, warnings.empty() ? "" : ", " + warnings);
    if (!warnings.empty()) std::cerr << warnings << (is_refused ? ", which --strict refuses" : "") << '\n';
    if (is_refused) return exit_usage;
    for (const std::string& file : options.files) std::cout << file << ": ok\n";
    return exit_done;
}

int start(const Options& options, const net::ConfigResult& read)
{
    if (!read.config) return complain(read.errors, "; nothing was started");
    const net::Config& config = *read.config;
    net::Log log;
    for (const std::string& warning : read.warnings)
        log.warning("config_warning", {{"what", std::string_view(warning).substr(0, warning.find('\n'))}});
    net::ServerParts parts;
    parts.log = &log;
    parts.tokenizer = tokenizer_of(config);
    parts.ledgers = [options = ledger_options(config)] {
        return std::make_unique<store::PostgresLedger>(options);
    };
    try {
        for (const std::string& warning : store::audit_settings(config.store.url))
            log.warning("database_setting", {{"what", warning}});
    } catch (const std::exception& error) {
        return fail(exit_unreachable, error);
    }
    return serve(config, std::move(parts), options);
}

int run(const Options& options)
{
    if (options.task == Task::print_defaults) {
        std::cout << net::print_defaults();
        return exit_done;
    }
    const net::ConfigResult read = read_config(options);
    if (options.task == Task::check) return check(options, read);
    if (options.task == Task::serve) return start(options, read);
    if (!read.config) return complain(read.errors);
    std::cout << net::print_effective(read);
    return exit_done;
}

void add_tasks(CLI::App& app, Options& options)
{
    add_tasks(app, options);
    app.footer(examples);
    app.set_version_flag("--version", "0.1.0");
#ifdef TOLLGATE_TEST_BUILD
    app.add_flag_callback("--list-crash-points", authz::test_build::list_crash_points,
                          "print where TOLLGATE_CRASH_POINT can end this test build, one name per line");
#endif
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    if (argc == 1) {
        std::cerr << app.help();
        return exit_usage;
    }
    if (const int wrong = check_usage(app, options); wrong != exit_done) return wrong;
    try {
        return run(options);
    } catch (const net::ProfileError& error) {
        return fail(exit_usage, error);
    } catch (const codec::DialectError& error) {
        return fail(exit_usage, error);
    } catch (const store::TokenKeyError& error) {
        return fail(exit_usage, error);
    } catch (const net::BindError& error) {
        return fail(exit_unreachable, error);
    } catch (const std::exception& error) {
        return fail(exit_internal, error);
    }
}
