#include "sim/order_check_command.hpp"

#include "codec/describe.hpp"
#include "sim/rate_text.hpp"

#include <algorithm>
#include <ostream>

namespace sim {

namespace {

std::string line_of(const ReplayTraffic& traffic, std::size_t place)
{
    const ReplayRequest& request = traffic.requests[place];
    return "  #" + std::to_string(request.number) + " " +
           codec::describe_line(*traffic.dialect, request.message) + "\n";
}

template <class Key> std::int64_t value_in(const std::map<Key, std::int64_t>& values, const Key& key)
{
    const auto found = values.find(key);
    return found == values.end() ? 0 : found->second;
}

std::string change(std::int64_t before, std::int64_t after)
{
    return std::to_string(before) + " as captured, " + std::to_string(after) + " in this order\n";
}

std::string text_of(const ReplayTraffic& traffic, const OrderDifference& found)
{
    std::string text = "DIFFERENT: the order of seed " + std::to_string(found.seed) +
                       " gives other books than the capture's order of the same messages.\n"
                       "The shortest order that was found, " +
                       std::to_string(found.order.size()) + " messages:\n";
    for (const std::size_t place : found.order) text += line_of(traffic, place);
    if (!found.problem.empty()) text += "  (no shorter one was looked for: " + found.problem + ")\n";
    if (found.as_captured == found.as_sent)
        return text + "  (these gave different books once and equal books when played again)\n";
    return text + differences_of(traffic, found.as_captured, found.as_sent);
}

} // namespace

std::string differences_of(const ReplayTraffic& traffic, const BooksState& as_captured,
                           const BooksState& as_sent)
{
    std::string text;
    for (const auto& [pan, balance] : as_captured.balances)
        if (const auto now = value_in(as_sent.balances, pan); now != balance)
            text += "  balance of " + codec::masked_pan(pan) + ": " + change(balance, now);
    for (const auto& [group, effect] : as_captured.effects)
        if (const auto now = value_in(as_sent.effects, group); now != effect)
            text += "  transaction of #" + std::to_string(traffic.requests[group].number) + ": " +
                    change(effect, now);
    return text;
}

namespace {

/// Books on PostgreSQL are exported whole, with all that was played before.
void check_memory(const OrderCheckRun& run, std::size_t messages)
{
    const std::uint64_t orders = run.orders + 1;
    if (run.books.where == ServerBooks::Where::memory || orders <= run.messages_max / messages) return;
    throw std::invalid_argument(
        grouped(orders) + " orders of " + grouped(messages) + " messages are more than the " +
        grouped(run.messages_max) +
        " of --max-messages that books on PostgreSQL may hold: check fewer orders, raise "
        "that, or take --books memory");
}

/// So many that their messages fit into memory together.
std::size_t batch_of(const OrderCheckRun& run, std::size_t messages)
{
    constexpr std::uint64_t batch_max = 50;
    return std::clamp<std::uint64_t>(run.messages_max / messages, 1, batch_max);
}

} // namespace

Exit run_order_check(const OrderCheckRun& run, std::ostream& out)
{
    const OrderRules rules(run.traffic);
    const std::size_t messages = std::max<std::size_t>(rules.captured().size(), 1);
    check_memory(run, messages);
    out << "seed " << run.seed << "\n"
        << rules.captured().size() << " messages, " << run.traffic.groups().size() << " groups, "
        << rules.pinned().size() << " of them kept in the capture's order\n";
    (void)Refresher(run.traffic, {}, run.orders + 1); // refuses before anything is sent
    ServerBooks books(run.traffic, run.books);
    const auto begin = Clock::now();
    const OrderCheckResult result = check_orders(
        rules, {.orders = run.orders, .seed = run.seed, .batch = batch_of(run, messages)}, books);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    if (result.difference) {
        out << result.played << " orders played\n" << text_of(run.traffic, *result.difference);
        return Exit::money;
    }
    out << result.played << " orders, all with equal books, in " << took.count() << " ms; of the last one "
        << books.approved() << " messages were approved\n";
    if (books.approved() > 0) return Exit::done;
    out << "NOTHING was approved: equal books say nothing\n";
    return Exit::differs;
}

} // namespace sim
