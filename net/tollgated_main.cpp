// Program `tollgated`: the one place that wires every layer.

#include "authz/test_build.hpp"
#include "net/config.hpp"
#include "net/profile.hpp"
#include "net/server.hpp"
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

struct Options {
    std::string file;
    std::vector<std::string> settings;
    bool is_check_only = false;
};

/// A core file would hold card numbers; a closed pipe is an error code, not a signal.
void prepare_process()
{
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // nor may others of this user look into the memory
    std::signal(SIGPIPE, SIG_IGN);
}

std::string environment(const char* name)
{
    const char* value = std::getenv(name);
    return value ? value : "";
}

int complain(const std::vector<std::string>& errors)
{
    for (const std::string& error : errors) std::cerr << error << '\n';
    return exit_usage;
}

net::ConfigResult read_config(const Options& options)
{
    std::ifstream file(options.file);
    if (!file) return {std::nullopt, {options.file + ": cannot be read"}};
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return net::parse_config(text, {options.file, options.settings, environment("TOLLGATE_DATABASE_URL")});
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

int serve(const net::Config& config, net::ServerParts parts)
{
    const auto crew = take_care(config, parts);
    net::Server server(config, parts);
    server.stop_on_signals();
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

int run(const Options& options)
{
    const net::ConfigResult read = read_config(options);
    if (!read.config) return complain(read.errors);
    const net::Config& config = *read.config;
    net::Log log(config.log.level, config.node.name);
    const auto tokenizer = std::make_shared<const store::CardTokenizer>(
        store::CardTokenizer::from_file(config.cards.token_key_file.string()));
    net::ServerParts parts;
    parts.log = &log;
    parts.tokenizer = [tokenizer](std::string_view pan) { return tokenizer->token_of(pan); };
    parts.ledgers = [options = ledger_options(config)] {
        return std::make_unique<store::PostgresLedger>(options);
    };
    if (options.is_check_only) {
        for (const auto& link : config.links) (void)net::settings_of(link, config.cards, parts.tokenizer);
        std::cout << options.file << ": ok\n";
        return exit_done;
    }
    try {
        for (const std::string& warning : store::audit_settings(config.store.url))
            log.warning("database_setting", {{"what", warning}});
    } catch (const std::exception& error) {
        return fail(exit_unreachable, error);
    }
    return serve(config, std::move(parts));
}

} // namespace

int main(int argc, char** argv)
{
    prepare_process();
    CLI::App app{"tollgated: answers a card network from an issuer's books"};
    Options options;
    app.add_option("-f,--file", options.file, "configuration file (TOML)")->required();
    app.add_option("--set", options.settings,
                   "store.workers=4 or link.NAME.network_timeout=2s: wins over the file")
        ->take_all();
    app.add_flag("--check", options.is_check_only, "only look for mistakes in the configuration");
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
