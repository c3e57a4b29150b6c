#include "sim/chaos_command.hpp"

#include "sim/awaited_signals.hpp"
#include "sim/chaos_proxy.hpp"
#include "sim/option_values.hpp"

#include <CLI/CLI.hpp>

#include <ostream>

namespace sim {

namespace {

/// returns  nothing when one cannot be read; `err` has been told
std::optional<std::vector<ChaosRule>> rules_of(const ChaosOptions& options, std::ostream& err)
{
    std::vector<ChaosRule> rules;
    for (const std::string& text : options.rules) {
        try {
            rules.push_back(parse_chaos_rule(text, options.seed + rules.size()));
        } catch (const FilterError& error) {
            err << "tollgate-sim: rule " << rules.size() + 1 << ", character " << error.at_character + 1
                << ": " << error.what() << "\n"
                << text_with_caret(text, error) << "\n";
            return std::nullopt;
        }
    }
    for (const std::string& file : options.rule_files)
        for (ChaosRule& rule : read_chaos_rules(file, options.seed)) rules.push_back(std::move(rule));
    return rules;
}

void wait_for_the_end(const AwaitedSignals& signals, const std::string& run_for)
{
    constexpr std::int64_t slice_ms = 3'600'000;
    std::int64_t left_ms = run_for.empty() ? slice_ms : duration_option("--for", run_for).count();
    while (left_ms > 0) {
        const std::int64_t now_ms = std::min(left_ms, slice_ms);
        if (signals.wait(std::chrono::milliseconds(now_ms)) != 0) return;
        if (!run_for.empty()) left_ms -= now_ms;
    }
}

} // namespace

CLI::App* add_chaos(CLI::App& program, ChaosOptions& options)
{
    CLI::App* chaos = program.add_subcommand(
        "chaos", "a proxy that drops, holds, delays, doubles, reorders, cuts and damages single messages");
    chaos->footer("Example:\n  tollgate-sim chaos --listen 127.0.0.1:8600 --connect 127.0.0.1:8583 \\\n"
                  "      'mti=0210 && every=10: drop' 'mti~04* && p=0.01: delay 2s' "
                  "'pan~400000* && n=3: cut after 20'\n");
    chaos->add_option("--listen", options.listen, "HOST:PORT where clients connect; port 0: any free one")
        ->required();
    chaos->add_option("--connect", options.connect, "HOST:PORT of the server")->required();
    chaos->add_option("rules", options.rules, "FILTER: ACTION, the first that fits a message counts");
    chaos->add_option("--rules", options.rule_files, "file with a rule a line, behind those given here")
        ->type_name("FILE")
        ->check(CLI::ExistingFile);
    chaos->add_option("--dialect", options.dialect, "of the messages: built-in name or file");
    chaos->add_option("--framing", options.framing, "of the connection");
    chaos->add_option("--header", options.header, "between frame and message");
    chaos->add_option("--seed", options.seed, "decides what p=0.01 hits");
    chaos->add_option("--for", options.run_for, "end after this time, for example 30s");
    return chaos;
}

Exit run_chaos(const ChaosOptions& options, std::ostream& out, std::ostream& err)
{
    auto rules = rules_of(options, err);
    if (!rules) return Exit::usage;
    if (!options.run_for.empty()) (void)duration_option("--for", options.run_for);
    const AwaitedSignals signals{SIGINT, SIGTERM};
    const ChaosProxy proxy({.listen = parse_listen_address(options.listen),
                            .server = parse_address(options.connect),
                            .dialect = codec::dialect_named(options.dialect),
                            .form = wire_form_named(options.framing, options.header),
                            .rules = std::move(*rules)},
                           out);
    wait_for_the_end(signals, options.run_for);
    return Exit::done;
}

} // namespace sim
