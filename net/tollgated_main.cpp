// Program `tollgated`: the one place that wires every layer.

#include "authz/test_build.hpp"
#include "codec/edit_distance.hpp"
#include "net/config_files.hpp"
#include "net/config_reload.hpp"
#include "net/control_socket.hpp"
#include "net/profile.hpp"
#include "net/server.hpp"
#include "store/card_token.hpp"
#include "store/postgres_ledger.hpp"
#include "store/repair_crew.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
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

/// No database, when one must be there.
struct Unreachable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

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
std::chrono::milliseconds lock_timeout_of(const net::Config& config)
{
    auto limit = store::LedgerOptions{}.lock_timeout;
    for (const auto& link : config.links) limit = std::min(limit, link.timing.decide_deadline() / 2);
    return limit;
}

/// Of the ledgers of workers and of repair; reloads change it.
using LockTimeout = std::shared_ptr<std::atomic<std::chrono::milliseconds>>;

store::LedgerOptions ledger_options(const net::Config& config, const LockTimeout& lock_timeout)
{
    store::LedgerOptions options;
    options.url = config.store.url;
    options.application_name = config.node.name;
    options.current_lock_timeout = lock_timeout;
    return options;
}

int fail(int code, const std::exception& error)
{
    std::cerr << "tollgated: " << error.what() << '\n';
    return code;
}

/// Repair of this process, and what the server tells it. The crew outlives the server.
std::unique_ptr<store::RepairCrew> take_care(const net::Config& config, const LockTimeout& lock_timeout,
                                             net::ServerParts& parts)
{
    store::RepairCrewSettings settings;
    settings.repair.ledger = ledger_options(config, lock_timeout);
    settings.repair.ledger.application_name = "repair of " + config.node.name;
    settings.repair.node = config.node.name;
    settings.on_event = [log = parts.log](std::string_view event, std::string_view detail) {
        log->warning(event, {{"detail", detail}});
    };
    const store::Boot boot = store::register_boot(config.store.url, config.node.name);
    auto crew = std::make_unique<store::RepairCrew>(std::move(settings), boot);
    parts.aftercare.first_delivery = boot.first_delivery();
    parts.aftercare.on_settled = [&crew = *crew](const authz::Settled& settled) { crew.settled(settled); };
    parts.aftercare.leave = [&crew = *crew](const net::Leftovers& left) {
        (void)crew.stop(left.patience / 4); // one that hangs in the database does not come back with news
        return crew.leave({left.settled, left.undos, left.is_complete}, left.patience);
    };
    return crew;
}

int serve(const net::Config& config, net::ServerParts parts, const LockTimeout& lock_timeout,
          const Options& options)
{
    const auto crew = take_care(config, lock_timeout, parts);
    net::Server server(config, parts);
    server.stop_on_signals();
    net::Reloader reloader(config, {[&options] { return read_config(options); },
                                    [tokenizer = parts.tokenizer](const net::Config& now) {
                                        return net::check_link_files(now, tokenizer);
                                    },
                                    [&server, &lock_timeout](const net::Config& now) {
                                        server.reload(now);
                                        lock_timeout->store(lock_timeout_of(now));
                                    },
                                    parts.log, &server.reloads()});
    server.on_hangup([&reloader] { (void)reloader.reload(); });
    for (const auto& link : server.listening()) {
        const bool is_v6 = link.address.find(':') != std::string::npos;
        const std::string address = is_v6 ? "[" + link.address + "]" : link.address;
        std::cout << "listening " << link.link << ' ' << address << ':' << link.port << '\n';
    }
    if (const auto port = server.admin_port(); port > 0) std::cout << "admin " << port << '\n';
    std::cout << "ready" << std::endl;
    const auto stopped = server.run();
    // A thread may hang in a call to the database that never returns: there is nothing left to wait for.
    parts.log->flush();
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

/// What is wrong with the files that a configuration names.
std::vector<std::string> check_files(const net::Config& config)
{
    std::vector<std::string> errors;
    net::Tokenizer tokenizer;
    try {
        tokenizer = tokenizer_of(config);
    } catch (const store::TokenKeyError& error) {
        errors.emplace_back(error.what());
    }
    for (std::string& error : net::check_link_files(config, tokenizer)) errors.push_back(std::move(error));
    return errors;
}

/// Opens all files and binds nothing.
int check(const Options& options, const net::ConfigResult& read)
{
    std::vector<std::string> errors = read.errors;
    for (const std::string& warning : read.warnings) std::cerr << warning << '\n';
    if (read.config) errors = check_files(*read.config);
    const bool is_refused = options.is_strict && !read.warnings.empty();
    const std::string warnings = read.warnings.empty() ? "" : net::count_of(read.warnings.size(), "warning");
    if (!errors.empty()) return complain(errors, warnings.empty() ? "" : ", " + warnings);
    if (!warnings.empty()) std::cerr << warnings << (is_refused ? ", which --strict refuses" : "") << '\n';
    if (is_refused) return exit_usage;
    for (const std::string& file : options.files) std::cout << file << ": ok\n";
    return exit_done;
}

void connect(store::PostgresLedger& ledger)
{
    try {
        ledger.connect();
    } catch (const std::exception& error) {
        throw Unreachable(error.what());
    }
}

int start(const Options& options, const net::ConfigResult& read)
{
    if (!read.config) return complain(read.errors, "; nothing was started");
    const net::Config& config = *read.config;
    net::Log log(config.log.level, config.node.name);
    for (const std::string& warning : read.warnings)
        log.warning("config_warning", {{"what", std::string_view(warning).substr(0, warning.find('\n'))}});
    net::ServerParts parts;
    parts.log = &log;
    parts.tokenizer = tokenizer_of(config);
    const auto lock_timeout =
        std::make_shared<std::atomic<std::chrono::milliseconds>>(lock_timeout_of(config));
    parts.ledgers = [options = ledger_options(config, lock_timeout),
                     takes_over = config.node.handover_socket.has_value()] {
        auto ledger = std::make_unique<store::PostgresLedger>(options);
        if (takes_over) connect(*ledger); // from a process that serves: it lets go when this one can
        return ledger;
    };
    try {
        for (const std::string& warning : store::audit_settings(config.store.url))
            log.warning("database_setting", {{"what", warning}});
    } catch (const std::exception& error) {
        return fail(exit_unreachable, error);
    }
    return serve(config, std::move(parts), lock_timeout, options);
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
    app.add_option("-f,--file", options.files, "configuration file (TOML); of several the later wins")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--set", options.settings,
                   "store.workers=4 or link.NAME.network_timeout=2s: wins over files and environment")
        ->take_all()
        ->allow_extra_args(false);
    const auto choose = [&options](Task task) { return [&options, task] { options.task = task; }; };
    app.add_flag_callback("--check", choose(Task::check))->group(""); // what `check` was called before
    CLI::App* check =
        app.add_subcommand("check", "look for mistakes in configuration and files; binds nothing");
    check->add_flag("--strict", options.is_strict, "warnings are errors");
    check->callback(choose(Task::check));
    CLI::App* print = app.add_subcommand("print", "print defaults, or effective");
    CLI::App* defaults = print->add_subcommand("defaults", "a whole configuration file, every key explained");
    defaults->callback(choose(Task::print_defaults));
    CLI::App* effective = print->add_subcommand("effective", "each value, and where it comes from");
    effective->callback(choose(Task::print_effective));
    for (CLI::App* sub : {check, print, defaults, effective}) sub->fallthrough();
    for (CLI::App* one : {&app, check, print, defaults, effective}) one->allow_extras();
}

int refuse(const std::string& what)
{
    std::cerr << "tollgated: " << what << "\nMore: tollgated --help\n";
    return exit_usage;
}

/// What the parser does not see: misspelt words, and files that are missing.
int check_usage(const CLI::App& app, const Options& options)
{
    const std::vector<std::string_view> words{"check", "print",    "defaults",  "effective", "--file",
                                              "--set", "--strict", "--version", "--help"};
    const auto extras = app.remaining(true);
    if (!extras.empty()) {
        const std::string meant(codec::nearest_word(extras.front(), words));
        return refuse("unknown word \"" + extras.front() + "\"" +
                      (meant.empty() ? "" : "; did you mean \"" + meant + "\"?"));
    }
    if (app.got_subcommand("print") && options.task == Task::serve)
        return refuse("print what? defaults or effective");
    if (options.files.empty() && options.task != Task::print_defaults)
        return refuse("no configuration; name one with -f FILE");
    return exit_done;
}

} // namespace

int main(int argc, char** argv)
{
    prepare_process();
    CLI::App app{"tollgated: answers a card network from an issuer's books"};
    Options options;
    add_tasks(app, options);
    app.footer(examples);
    app.set_version_flag("--version", TOLLGATE_VERSION);
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
    } catch (const net::ControlError& error) {
        return fail(exit_unreachable, error);
    } catch (const Unreachable& error) {
        return fail(exit_unreachable, error);
    } catch (const std::exception& error) {
        return fail(exit_internal, error);
    }
}
