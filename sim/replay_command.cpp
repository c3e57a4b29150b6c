#include "sim/replay_command.hpp"

#include "sim/msg_input.hpp"
#include "sim/network_model.hpp"
#include "sim/office.hpp"
#include "sim/option_values.hpp"
#include "sim/order_check_command.hpp"
#include "sim/rate_text.hpp"
#include "sim/refresh.hpp"
#include "sim/replay_report.hpp"
#include "sim/run_ids.hpp"
#include "sim/sign_on.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <ostream>

namespace sim {

namespace {

/// --compare counts an answer as late behind what the network waits; stragglers are seen for as long again.
constexpr int wait_factor = 2;

template <class Value> Value chosen(const std::map<std::string, Value>& known, const std::string& name)
{
    return known.at(name); // CLI11 has checked it
}

const std::map<std::string, ReplayOrder> orders{{"captured", ReplayOrder::captured},
                                                {"shuffle", ReplayOrder::shuffle},
                                                {"reversal-first", ReplayOrder::reversal_first},
                                                {"reversal-last", ReplayOrder::reversal_last},
                                                {"explore", ReplayOrder::explore}};
const std::map<std::string, KeepOrder> keeps{
    {"card", KeepOrder::card}, {"connection", KeepOrder::connection}, {"none", KeepOrder::none}};
template <class Map> std::vector<std::string> names_of(const Map& map)
{
    std::vector<std::string> names;
    for (const auto& [name, value] : map) names.push_back(name);
    return names;
}

/// "2026-03-02T09:15:00Z".
WallTime time_of(const std::string& text)
{
    int year = 0;
    unsigned part[5] = {};
    int end = 0;
    const int read = std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2uZ%n", &year, &part[0], &part[1],
                                 &part[2], &part[3], &part[4], &end);
    const std::chrono::year_month_day date(std::chrono::year{year}, std::chrono::month{part[0]},
                                           std::chrono::day{part[1]});
    if (read != 6 || end != static_cast<int>(text.size()) || !date.ok() || part[2] > 23 || part[3] > 59 ||
        part[4] > 59)
        throw std::invalid_argument("--refresh-at: a time in UTC, for example 2026-03-02T09:15:00Z");
    return std::chrono::sys_days(date) + std::chrono::hours{part[2]} + std::chrono::minutes{part[3]} +
           std::chrono::seconds{part[4]};
}

PlanOptions plan_options_of(const ReplayOptions& options)
{
    PlanOptions planned;
    planned.timing = ReplayTiming::parse(options.timing);
    if (!options.max_gap.empty()) planned.max_gap = duration_option("--max-gap", options.max_gap);
    planned.order = chosen(orders, options.order);
    planned.keep = chosen(keeps, options.keep);
    planned.duplicate = options.duplicate;
    planned.drop = options.drop;
    planned.explore_max = options.explore_max;
    planned.messages_max = options.messages_max;
    planned.seed = options.seed;
    return planned;
}

SendOptions send_options_of(const ReplayOptions& options)
{
    SendOptions send;
    for (const std::string& target : options.targets) send.targets.push_back(parse_address(target));
    if (send.targets.empty() && !options.only_plan)
        throw std::invalid_argument("nowhere to send it: give --target HOST:PORT, or --dry-run");
    send.in_flight = options.in_flight;
    send.wait = duration_option("--wait", options.wait) * wait_factor;
    return send;
}

Reach reach_to(const ReplayOptions& options, const ReplayTraffic& traffic)
{
    Reach reach = reach_of(options.reach, traffic.dialect);
    if (!options.reach.signs_on) return reach;
    if (options.network.empty())
        throw std::invalid_argument("--sign-on needs --network: how the sign-on is written");
    reach.sign_on = std::make_shared<SignOn>(network_named(options.network), options.seed);
    return reach;
}

RefreshSettings refresh_of(const ReplayOptions& options, const ReplayTraffic& traffic)
{
    const WallTime start = options.refresh_at.empty() ? WallTime(std::chrono::microseconds(wall_clock_us()))
                                                      : time_of(options.refresh_at);
    RefreshSettings settings = RefreshSettings::at(start, traffic, options.seed);
    settings.mac = mac_of(options.reach, traffic.dialect);
    return settings;
}

/// As captured, or made new.
std::vector<codec::Message> messages_of(const ReplayOptions& options, const ReplayTraffic& traffic,
                                        const ReplayPlan& plan)
{
    std::vector<codec::Message> messages;
    messages.reserve(plan.sends.size());
    if (!options.refreshes) {
        const auto mac = mac_of(options.reach, traffic.dialect);
        for (const PlannedSend& send : plan.sends) {
            messages.push_back(traffic.requests[send.place].message);
            put_mac(messages.back(), traffic.requests[send.place], mac.get());
        }
        return messages;
    }
    std::uint64_t copies = 1;
    for (const PlannedSend& send : plan.sends) copies = std::max(copies, send.copy + 1);
    const Refresher refresher(traffic, refresh_of(options, traffic), copies);
    for (const PlannedSend& send : plan.sends) messages.push_back(refresher.message(send.place, send.copy));
    return messages;
}

/// A --dry-run takes the options of the replay that it shows.
void refuse_what_this_replay_does_not_use(const ReplayOptions& options)
{
    const ReplayOptions usual;
    const auto timing = ReplayTiming::parse(options.timing).kind;
    struct Given {
        const char* name;
        bool is_given;
        bool is_used;
        const char* by;
    };
    const Given all[] = {
        {"--in-flight", options.in_flight != usual.in_flight, timing == ReplayTiming::Kind::max,
         "--timing max"},
        {"--max-gap", !options.max_gap.empty(), timing == ReplayTiming::Kind::scaled,
         "--timing original and xN"},
        {"--slip-limit", options.slip_limit != usual.slip_limit, timing != ReplayTiming::Kind::max,
         "a --timing that has times"},
        {"--explore-max", options.explore_max != usual.explore_max,
         chosen(orders, options.order) == ReplayOrder::explore, "--order explore"},
        {"--books", options.books != usual.books, false, "--order-check"},
    };
    for (const Given& one : all)
        if (one.is_given && !one.is_used)
            throw std::invalid_argument(std::string(one.name) + " is for " + one.by);
}

void check(const ReplayOptions& options)
{
    const bool explores = chosen(orders, options.order) == ReplayOrder::explore;
    if (explores && !options.refreshes)
        throw std::invalid_argument("--order explore sends each group more than once: it needs --refresh");
    if (!options.refreshes && !options.refresh_at.empty())
        throw std::invalid_argument("--refresh-at says when a --refresh begins; there is none");
    if (options.keep != ReplayOptions{}.keep && chosen(orders, options.order) != ReplayOrder::shuffle)
        throw std::invalid_argument("--keep says what a --order shuffle leaves in order; there is none");
    if (options.checks_books && options.database_url.empty())
        throw std::invalid_argument("--check needs --database: the target's books");
    refuse_what_this_replay_does_not_use(options);
}

/// It plays to servers of its own, at once, in its own orders and with its own keys.
void refuse_what_no_order_check_does(const ReplayOptions& options)
{
    const ReplayOptions usual;
    const std::pair<const char*, bool> given[] = {
        {"--target", !options.targets.empty()},
        {"--timing", options.timing != usual.timing},
        {"--max-gap", !options.max_gap.empty()},
        {"--order", options.order != usual.order},
        {"--keep", options.keep != usual.keep},
        {"--duplicate", options.duplicate > 0},
        {"--drop", options.drop > 0},
        {"--refresh-at", !options.refresh_at.empty()},
        {"--compare", options.compares},
        {"--check", options.checks_books},
        {"--dry-run", options.only_plan},
        {"--json", options.wants_json},
        {"--tls-*, --mac-* and --sign-on", !is_plain(options.reach)},
    };
    for (const auto& [name, is_given] : given)
        if (is_given) throw std::invalid_argument(std::string("--order-check does not go with ") + name);
}

ReplayTraffic traffic_of(const ReplayOptions& options)
{
    const auto trailer =
        options.is_cut ? CaptureReader::Trailer::may_be_missing : CaptureReader::Trailer::required;
    const ReversalKinds reversals =
        options.network.empty() ? ReversalKinds{} : ReversalKinds::of(*network_named(options.network));
    return traffic_of(load_capture(options.capture, trailer, options.messages_max), reversals);
}

void tell_exploration(const ReplayTraffic& traffic, const ReplayOptions& options, std::ostream& err)
{
    const Exploration all = exploration_of(traffic, options.explore_max);
    err << "exploring " << grouped(all.transactions) << " transactions in " << grouped(all.orders)
        << " orders: " << grouped(all.messages) << " messages" << std::endl;
}

Exit exit_of(const ReplayReport& report)
{
    if (report.is_invalid()) return Exit::invalid;
    if (report.comparison) return report.comparison->is_same() ? Exit::done : Exit::differs;
    return report.answered() == report.plan.sends.size() ? Exit::done : Exit::differs;
}

std::string bin_of(const ReplayOptions& options)
{
    return options.bin.empty() ? own_folder() : options.bin;
}

bool books_are_right(const ReplayOptions& options, std::ostream& err)
{
    CtlOffice office({bin_of(options) + "/tollgatectl", options.database_url, ""});
    const CtlOffice::Books books = office.check_books();
    err << books.text;
    return books.status == 0;
}

Exit check_orders_of(const ReplayOptions& options, std::ostream& out)
{
    const ReplayTraffic traffic = traffic_of(options);
    OrderCheckRun run{.traffic = traffic,
                      .orders = options.order_check,
                      .seed = options.seed,
                      .messages_max = options.messages_max};
    run.books.bin = bin_of(options);
    run.books.database_url = options.database_url;
    run.books.network = options.network;
    run.books.where = options.books == "memory" ? ServerBooks::Where::memory : ServerBooks::Where::postgres;
    run.books.seed = options.seed;
    if (options.network.empty())
        throw std::invalid_argument("--order-check needs --network: whose words the capture speaks");
    if (options.books == "postgres" && options.database_url.empty())
        throw std::invalid_argument("--books postgres needs --database, or scripts/with_postgres");
    return run_order_check(run, out);
}

void add_order(CLI::App& replay, ReplayOptions& options)
{
    replay.add_option("--timing", options.timing, "original, xN (N times as fast), RATE/s, max")
        ->capture_default_str();
    replay.add_option("--max-gap", options.max_gap, "the longest pause of the capture that is kept: 1s");
    replay
        .add_option("--order", options.order,
                    "captured, shuffle (by --seed), reversal-first (before what it undoes), reversal-last, "
                    "explore (all permutations of each transaction)")
        ->check(CLI::IsMember(names_of(orders)))
        ->capture_default_str();
    replay.add_option("--keep", options.keep, "whose own order a shuffle keeps: card, connection, none")
        ->check(CLI::IsMember(names_of(keeps)))
        ->capture_default_str();
    replay.add_option("--explore-max", options.explore_max, "messages of the largest transaction to explore")
        ->check(CLI::Range(2, 8))
        ->capture_default_str();
    replay
        .add_option("--max-messages", options.messages_max,
                    "of the capture, and that explore sends: they are held in memory, about 7 KB each")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
        ->capture_default_str();
    replay.add_option("--duplicate", options.duplicate, "part of the messages that are sent twice: 0.05")
        ->check(CLI::Range(0.0, 1.0));
    replay.add_option("--drop", options.drop, "part of the messages that are not sent")
        ->check(CLI::Range(0.0, 1.0));
    replay.add_option("--seed", options.seed,
                      "decides shuffle, duplicates, drops and new numbers (default: the time)");
}

void add_messages(CLI::App& replay, ReplayOptions& options)
{
    replay.add_flag("--refresh", options.refreshes,
                    "new times, STANs, RRNs, links and MACs, so that a capture can be replayed again");
    replay.add_option("--refresh-at", options.refresh_at,
                      "when the refreshed messages begin, for the same bytes each time: 2026-03-02T09:15:00Z "
                      "(default: now)");
    replay.add_option("--network", options.network,
                      "NAME or FILE that says which messages are reversals (default: 0400 and 0420 are), and "
                      "how --sign-on is written");
}

void add_order_check(CLI::App& replay, ReplayOptions& options)
{
    replay
        .add_option(
            "--order-check", options.order_check,
            "send nothing to a target: play N random orders into fresh books of servers of our own; the "
            "ledgers must be equal")
        ->check(CLI::Range(1, 1'000'000));
    replay
        .add_option("--books", options.books,
                    "of the order check: memory (needs tollgate-memory-host), postgres")
        ->check(CLI::IsMember({"memory", "postgres"}))
        ->capture_default_str();
    replay.add_option("--bin", options.bin,
                      "folder of the programs that it starts (default: beside this one)");
    replay.add_option("--database", options.database_url, "PostgreSQL URL of its books, and of --check")
        ->envname("TOLLGATE_DATABASE_URL");
}

} // namespace

CLI::App* add_replay(CLI::App& program, ReplayOptions& options)
{
    CLI::App* const replay =
        program.add_subcommand("replay", "send a capture again, in any order, at any rate");
    options.seed = wall_clock_us();
    replay->footer(
        "Example:\n"
        "  tollgate-sim replay shop.jsonl --target 127.0.0.1:8583 --timing x4 --refresh --compare\n"
        "  tollgate-sim replay shop.jsonl --order shuffle --seed 7 --keep card --dry-run\n"
        "  tollgate-sim replay shop.jsonl --order-check 1000 --network iso-single-message\n"
        "Exit codes: 0 all is as expected, 1 an answer is missing or differs, 2 wrong usage, 3 cannot "
        "read or connect, 4 the schedule was not kept, 6 two orders gave different books.");
    replay->add_option("capture", options.capture, "FILE, of import or record")->required();
    replay->add_option("--target", options.targets,
                       "HOST:PORT of the server; several are taken in turn, by connection");
    add_target_options(*replay, options.reach);
    add_sign_on_option(*replay, options.reach);
    add_order(*replay, options);
    add_messages(*replay, options);
    add_order_check(*replay, options);
    replay->add_option("--in-flight", options.in_flight, "at --timing max: unanswered at once")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    replay->add_option("--wait", options.wait, "what the network waits for an answer; one behind it is late")
        ->capture_default_str();
    replay
        ->add_option("--slip-limit", options.slip_limit,
                     "99 of 100 messages must leave within this after their time, or the run is invalid")
        ->capture_default_str();
    replay->add_flag("--compare", options.compares, "judge the answers by those of the capture");
    replay->add_flag("--check", options.checks_books,
                     "afterwards check the target's books, as `tollgatectl check` does (--database)");
    replay->add_flag("--dry-run", options.only_plan, "print what would be sent and when, and send nothing");
    replay->add_flag("--truncated", options.is_cut, "accept a capture whose end is missing");
    replay->add_flag("--json", options.wants_json, "one JSON object instead of text");
    return replay;
}

Exit run_replay(const ReplayOptions& options, std::ostream& out, std::ostream& err)
{
    if (options.order_check > 0) {
        refuse_what_no_order_check_does(options);
        return check_orders_of(options, out);
    }
    check(options);
    const PlanOptions planned = plan_options_of(options);
    SendOptions send = send_options_of(options);
    const std::chrono::microseconds slip_limit = duration_option("--slip-limit", options.slip_limit);
    const ReplayTraffic traffic = traffic_of(options);
    if (!options.only_plan) send.reach = reach_to(options, traffic);
    if (planned.order == ReplayOrder::explore) tell_exploration(traffic, options, err);
    const ReplayPlan plan = plan_replay(traffic, planned);
    const auto messages = messages_of(options, traffic, plan);
    if (options.only_plan) {
        write_plan(out, traffic, plan, messages, options.seed);
        return Exit::done;
    }
    const SentPlan sent = send_plan(traffic, plan, messages, planned, send);
    ReplayReport report{.traffic = traffic, .plan = plan, .sent = sent, .seed = options.seed};
    report.slip_limit = slip_limit;
    report.is_scheduled = planned.timing.kind != ReplayTiming::Kind::max;
    if (options.compares)
        report.comparison = compare_answers(traffic, plan, sent, duration_option("--wait", options.wait));
    out << (options.wants_json ? json_of(report) : text_of(report)) << std::flush;
    return options.checks_books && !books_are_right(options, err) ? Exit::money : exit_of(report);
}

} // namespace sim
