#include "sim/terminal.hpp"

#include "codec/encode.hpp"

#include <array>
#include <chrono>
#include <ctime>

namespace sim {

namespace {

/// Bytes of the right length for a fixed numeric element whose last digit is none.
std::string malformed_wire(const codec::FieldSpec& spec, int de)
{
    if (spec.length != codec::LengthForm::fixed || spec.kind != codec::FieldKind::numeric)
        throw StepFailed("DE" + std::to_string(de) + " cannot be malformed: only fixed numeric elements can");
    if (spec.coding == codec::Coding::ascii) return std::string(spec.max - 1U, '0') + "?";
    return std::string((spec.max + 1U) / 2U - 1U, '\0') + "\x0f";
}

Bytes encoded(const codec::Dialect& dialect, const codec::Message& message)
{
    Bytes bytes;
    const auto result = codec::encode(dialect, message, bytes);
    if (!result) throw StepFailed("the message cannot be written: " + codec::text_of(result.error()));
    return bytes;
}

bool agrees(const codec::Message& a, const codec::Message& b, int de)
{
    return !a.has(de) || !b.has(de) || a.get(de) == b.get(de);
}

} // namespace

Terminal::Terminal(const NetworkModel& network, RunIds& ids, std::string number)
    : network_(network), ids_(ids), number_(std::move(number))
{
}

Values Terminal::values_for(const Send& send, const Exchange* original, const CardInHand* card) const
{
    const auto now_ms = static_cast<std::int64_t>(wall_clock_us() / 1000) - send.age_ms;
    const std::string local = month_to_second(now_ms + network_.local_ahead_ms());
    Values values{{"now", month_to_second(now_ms)},
                  {"local_date", local.substr(0, 4)},
                  {"local_time", local.substr(4)},
                  {"stan", ids_.next_stan()},
                  {"rrn", ids_.next_rrn()},
                  {"terminal", number_},
                  {"reason", network_.reason_of(send.reason)}};
    if (card != nullptr) {
        values["card"] = card->pan;
        values["expiry"] = card->expiry_yymm;
    }
    std::optional<Amount> amount = send.amount;
    if (!amount && original != nullptr) amount = original->amount;
    if (amount) {
        values["amount"] = de4_of(*amount);
        values["currency"] = currency_digits(amount->currency);
    }
    return values;
}

Exchange& Terminal::write(const Send& send, const CardInHand* card)
{
    const Exchange* original = send.of.empty() ? nullptr : &exchange(send.of);
    const MessageTemplate* made_from = network_.find(send.kind, original == nullptr ? "" : original->kind);
    if (made_from == nullptr)
        throw StepFailed("network " + network_.name() + " has no message \"" + send.kind + "\"" +
                         (original == nullptr ? "" : " of a " + original->kind) +
                         hint(send.kind, network_.kinds()));
    if (!send.reason.empty() && !network_.knows_reason(send.reason))
        throw StepFailed("network " + network_.name() + " has no reason \"" + send.reason + "\"");

    Exchange made;
    made.name = send.as;
    made.kind = send.kind;
    made.amount = send.amount;
    if (!made.amount && original != nullptr) made.amount = original->amount;
    made.request = network_.build(*made_from, original == nullptr ? nullptr : &original->request,
                                  values_for(send, original, card));
    replace_fields(made.request, send.fields);
    exchanges_.push_back(std::move(made));
    return exchanges_.back();
}

void Terminal::replace_fields(codec::Message& message, const std::vector<FieldRule>& rules) const
{
    for (const FieldRule& rule : rules) {
        if (rule.kind == FieldRule::Kind::absent) {
            message.erase(rule.de);
        } else if (rule.kind == FieldRule::Kind::malformed) {
            const codec::FieldSpec& spec = network_.dialect().fields[static_cast<std::size_t>(rule.de)];
            message.set_wire(rule.de, malformed_wire(spec, rule.de));
        } else {
            message.set(rule.de, rule.text);
        }
    }
}

Exchange& Terminal::exchange(const std::string& name)
{
    for (Exchange& exchange : exchanges_)
        if (exchange.name == name) return exchange;
    throw StepFailed("nothing named \"" + name + "\" has been sent");
}

Delivery& Terminal::add_delivery(Exchange& exchange, const std::string& on, const Fate& fate,
                                 bool marks_repeat)
{
    codec::Message message = exchange.request;
    if (marks_repeat) message.set_mti(codec::with_repeat(message.mti()));
    Delivery delivery;
    delivery.on = on;
    delivery.fate = fate;
    delivery.sent = Clock::now();
    delivery.request = encoded(network_.dialect(), message);
    exchange.deliveries.push_back(std::move(delivery));
    return exchange.deliveries.back();
}

Delivery* Terminal::asked_for(const std::string& on, const codec::Message& answer, std::string& name)
{
    for (Exchange& exchange : exchanges_) {
        const codec::Message& request = exchange.request;
        const bool is_answer = codec::answer_to(request.mti()) == answer.mti() && answer.has(11) &&
                               agrees(request, answer, 11) && agrees(request, answer, 7) &&
                               agrees(request, answer, 41);
        if (!is_answer) continue;
        for (Delivery& delivery : exchange.deliveries) {
            if (delivery.on != on || !delivery.has_left || delivery.seen) continue;
            name = exchange.name;
            return &delivery;
        }
    }
    return nullptr;
}

std::string month_to_second(std::int64_t unix_ms)
{
    const std::time_t seconds = unix_ms / 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 16> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%m%d%H%M%S", &parts);
    return {text.data(), size};
}

} // namespace sim
