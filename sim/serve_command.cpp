#include "sim/serve_command.hpp"

#include "sim/awaited_signals.hpp"
#include "sim/card_file.hpp"
#include "sim/option_values.hpp"
#include "sim/serve_network.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <ostream>

namespace sim {

namespace {

constexpr std::size_t links_max = 2;
constexpr std::chrono::milliseconds not_at_all{0};

/// "23:30" in ms since midnight.
std::int64_t cutover_ms_of(const std::string& text)
{
    const auto number = [&](std::size_t at) {
        int value = -1;
        const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, value);
        return error == std::errc{} && end == text.data() + at + 2 ? value : -1;
    };
    if (text.size() == 5 && text[2] == ':') {
        const int hour = number(0);
        const int minute = number(3);
        if (hour >= 0 && hour < 24 && minute >= 0 && minute < 60) return (hour * 60LL + minute) * 60'000;
    }
    throw std::invalid_argument("--cutover: \"" + text + "\" is no time of the day, for example 23:30");
}

ServePlan plan_of(const ServeOptions& options)
{
    ServePlan plan;
    if (!options.traffic_file.empty()) read_serve_plan(options.traffic_file, plan);
    if (!options.cards_file.empty()) plan.cards = read_cards(options.cards_file);
    if (!options.rate.empty()) plan.rate = rate_of(options.rate);
    if (!options.mix.empty()) put_mix(options.mix, plan);
    if (options.count) plan.count = *options.count;
    if (plan.cards.empty())
        throw std::invalid_argument("no cards: give --cards FILE, or \"cards\" in the traffic file");
    return plan;
}

ServeLinks::Settings links_of(const ServeOptions& options)
{
    ServeLinks::Settings links;
    if (options.listen.empty() == options.connect.empty())
        throw std::invalid_argument("either --listen or --connect, once for each link");
    links.side = options.listen.empty() ? ServeLinks::Side::dials : ServeLinks::Side::listens;
    for (const std::string& text : options.listen) links.addresses.push_back(parse_listen_address(text));
    for (const std::string& text : options.connect) links.addresses.push_back(parse_address(text));
    if (links.addresses.size() > links_max) throw std::invalid_argument("at most two links");
    links.sign_on = options.skips_sign_on ? ServeLinks::SignOn::skipped : ServeLinks::SignOn::needed;
    links.answer_timeout = duration_option("--timeout", options.timeout);
    links.echo_interval = duration_option("--echo", options.echo);
    return links;
}

ServeNetwork::Settings settings_of(const ServeOptions& options)
{
    ServeNetwork::Settings settings;
    settings.links = links_of(options);
    settings.role.timeout = duration_option("--timeout", options.timeout);
    settings.role.seed = options.seed.value_or(wall_clock_us());
    settings.role.saf.links = settings.links.addresses.size();
    settings.role.saf.capacity = options.saf_capacity;
    if (!options.saf_pauses.empty()) settings.role.saf.pauses.clear();
    for (const std::string& text : options.saf_pauses)
        settings.role.saf.pauses.push_back(duration_option("--saf-pause", text));
    settings.settlement_folder = options.settlement_folder;
    settings.cutover_ms = cutover_ms_of(options.cutover);
    settings.drain = duration_option("--drain", options.drain);
    return settings;
}

void check_folder(const std::filesystem::path& folder)
{
    try {
        check_settlement_folder(folder);
    } catch (const SettlementNotWritten& error) {
        throw std::invalid_argument(std::string("--settlement: no file can be written: ") + error.what());
    }
}

Exit exit_of(ServeNetwork::End end)
{
    switch (end) {
    case ServeNetwork::End::settled:
        return Exit::done;
    case ServeNetwork::End::left_open:
        return Exit::differs;
    case ServeNetwork::End::not_written:
        break;
    }
    return Exit::unreachable;
}

bool ends(int signal)
{
    return signal == SIGINT || signal == SIGTERM;
}

/// Serves until something says that it is enough.
void serve(ServeNetwork& network, const AwaitedSignals& signals, const ServeOptions& options)
{
    constexpr std::chrono::milliseconds look_at_signals{20};
    const auto every = duration_option("--state-every", options.state_every);
    const auto end = options.run_for.empty() ? Clock::time_point::max()
                                             : Clock::now() + duration_option("--for", options.run_for);
    const auto is_over = [&network] { return network.role().has_begun_all() && network.role().is_settled(); };
    auto next_state = Clock::now() + every;
    while (Clock::now() < end) {
        if (network.run_until(is_over, Clock::now() + look_at_signals)) return;
        if (Clock::now() >= next_state) {
            network.tell_state();
            next_state += every;
        }
        const int signal = signals.wait(not_at_all);
        if (signal == SIGUSR1) network.cut_over();
        if (ends(signal)) return;
    }
}

} // namespace

CLI::App* add_serve(CLI::App& program, ServeOptions& options)
{
    CLI::App* serve = program.add_subcommand(
        "serve", "play a network towards an issuer: traffic, reversals, stand-in, settlement file");
    serve->footer(
        "Example:\n  tollgate-sim serve --connect 127.0.0.1:8583 --cards cards.csv --rate 20/s "
        "--count 1000 \\\n"
        "      --mix sale=8,refund=1,cancel=1 --settlement settlement\n"
        "Exit codes: 0 all is settled, 1 something was left open, 2 wrong usage, 3 it "
        "cannot listen, or a settlement file that cannot be written (its rows are on standard output).");
    serve->add_option("--listen", options.listen, "HOST:PORT where the issuer connects; once for each link");
    serve->add_option("--connect", options.connect, "HOST:PORT of the issuer; once for each link");
    add_target_options(*serve, options.reach);
    serve->add_option("--network", options.network, "built-in name or file");
    serve
        ->add_option("--traffic", options.traffic_file,
                     "TOML file: rate, count, amounts, mix, cards, stand_in")
        ->check(CLI::ExistingFile);
    serve->add_option("--cards", options.cards_file, "CSV as tollgatectl card import takes it")
        ->check(CLI::ExistingFile);
    serve->add_option("--rate", options.rate, "requests, for example 20/s (default: 10/s)");
    serve->add_option("--mix", options.mix, "sale=8,refund=1,linked_refund=1,cancel=1,inquiry=1");
    serve->add_option("--count", options.count, "requests; then it ends (default: it goes on)")
        ->check(CLI::PositiveNumber);
    serve->add_option("--timeout", options.timeout, "for an answer; then the request is reversed");
    serve->add_option(
        "--saf-pause", options.saf_pauses,
        "before a reversal or an advice is repeated, the last one for ever (default: 1s 5s 15s 60s)");
    serve->add_option("--saf-capacity", options.saf_capacity, "stored messages; when full nothing is begun")
        ->check(CLI::Range(1, 10'000'000));
    serve->add_option("--echo", options.echo, "pause between echoes");
    serve->add_flag("--no-sign-on", options.skips_sign_on, "a connection is up at once");
    serve->add_option("--cutover", options.cutover, "HH:MM of the network's clock: the business day ends");
    serve->add_option("--settlement", options.settlement_folder, "folder of the settlement files");
    serve->add_option("--drain", options.drain, "at the end, for what has no answer yet");
    serve->add_option("--for", options.run_for, "end after this time");
    serve->add_option("--state-every", options.state_every, "pause between the lines that tell the state");
    serve->add_option("--seed", options.seed, "decides kinds, cards, amounts, STANs (default: the time)");
    return serve;
}

Exit run_serve(const ServeOptions& options, std::ostream& out, std::ostream& err)
{
    ServeNetwork::Settings settings = settings_of(options);
    const auto model = network_named(options.network);
    const bool dials = settings.links.side == ServeLinks::Side::dials;
    settings.links.reach =
        reach_of(options.reach, model, settings.role.seed, dials ? ReachFrom::client : ReachFrom::server);
    ServePlan plan = plan_of(options);
    check_folder(settings.settlement_folder);
    err << "seed " << settings.role.seed << std::endl;
    const AwaitedSignals signals{SIGINT, SIGTERM, SIGUSR1};
    const IgnoredSignal over_the_limit(SIGXFSZ); // a limit for files is a full disk, and no end
    ServeNetwork network(model, std::move(plan), settings, out);
    try {
        serve(network, signals, options);
        return exit_of(network.end([&signals] { return ends(signals.wait(not_at_all)); }));
    } catch (...) {
        network.rescue();
        throw;
    }
}

} // namespace sim
