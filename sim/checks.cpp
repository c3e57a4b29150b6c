#include "sim/checks.hpp"

#include "codec/describe.hpp"

namespace sim {

namespace {

void check_code(const NetworkModel& network, const Exchange& exchange, const Delivery& delivery,
                const std::string& name)
{
    const std::string expected = network.code_of(name);
    if (expected.empty())
        throw StepFailed("network " + network.name() + " has no code \"" + name + "\"" +
                         hint(name, network.code_names()));
    const std::string found(delivery.seen->get(39));
    if (found != expected)
        throw StepFailed("answer to " + exchange.name + ": code " + expected +
                         (expected == name ? "" : " (" + name + ")") + " expected, " + found + " found");
}

/// Values of elements that are card data are not shown.
std::string shown(const NetworkModel& network, const codec::Message& message, int de)
{
    if (!message.has(de)) return "nothing";
    if (network.dialect().fields[static_cast<std::size_t>(de)].log != codec::LogRule::clear)
        return "a hidden value";
    return "\"" + std::string(message.get(de)) + "\"";
}

bool obeys(const FieldRule& rule, const codec::Message& request, const codec::Message& answer)
{
    switch (rule.kind) {
    case FieldRule::Kind::present:
        return answer.has(rule.de);
    case FieldRule::Kind::absent:
        return !answer.has(rule.de);
    case FieldRule::Kind::echo:
        return answer.has(rule.de) && answer.get(rule.de) == request.get(rule.de);
    default:
        return answer.has(rule.de) && answer.get(rule.de) == rule.text;
    }
}

std::string text_of(const FieldRule& rule)
{
    switch (rule.kind) {
    case FieldRule::Kind::present:
        return "any value";
    case FieldRule::Kind::absent:
        return "nothing";
    case FieldRule::Kind::echo:
        return "the request's value";
    default:
        return "\"" + rule.text + "\"";
    }
}

} // namespace

void check_answer(const NetworkModel& network, const Exchange& exchange, const Delivery& delivery,
                  const Expect& expect)
{
    if (expect.late == Expect::Late::forbidden && delivery.terminal_gave_up)
        throw StepFailed("the answer to " + exchange.name + " came when the terminal had given up");
    if (expect.late == Expect::Late::required && !delivery.terminal_gave_up)
        throw StepFailed("the answer to " + exchange.name + " came in time and should have been late");
    if (!expect.code.empty()) check_code(network, exchange, delivery, expect.code);
    for (const FieldRule& rule : expect.fields)
        if (!obeys(rule, exchange.request, *delivery.seen))
            throw StepFailed("answer to " + exchange.name + ": DE" + std::to_string(rule.de) + ": " +
                             text_of(rule) + " expected, " + shown(network, *delivery.seen, rule.de) +
                             " found");
}

void check_identical(const NetworkModel& network, const Exchange& exchange)
{
    const Delivery* first = nullptr;
    for (const Delivery& delivery : exchange.deliveries) {
        if (!delivery.seen) continue;
        if (first == nullptr) first = &delivery;
        if (delivery.seen_bytes != first->seen_bytes)
            throw StepFailed("two answers to " + exchange.name +
                             " differ: " + codec::describe_line(network.dialect(), *first->seen) + " | " +
                             codec::describe_line(network.dialect(), *delivery.seen));
    }
}

void check_amount(const std::string& what, const Amount& expected, std::int64_t found_minor)
{
    if (found_minor != expected.minor)
        throw StepFailed(what + ": " + sim::text_of(expected) + " expected, " +
                         sim::text_of(Amount{found_minor, expected.currency}) + " found");
}

void check_balance(const std::string& account, const Amount& expected, std::int64_t found_minor)
{
    check_amount("balance of " + account, expected, found_minor);
}

void check_state(const std::string& message, const std::string& expected, const std::string& found)
{
    if (found != expected)
        throw StepFailed("state of " + message + ": " + expected + " expected, " + found + " found");
}

void check_count(const std::string& what, std::int64_t expected, std::int64_t found)
{
    if (found != expected)
        throw StepFailed(what + ": " + std::to_string(expected) + " expected, " + std::to_string(found) +
                         " found");
}

} // namespace sim
