#include "sim/serve_writer.hpp"

#include "codec/encode.hpp"

namespace sim {

namespace {

std::string joined(codec::Mti answer, const codec::Message& message)
{
    return std::string(answer.text()) + " " + std::string(message.get(11)) + " " +
           std::string(message.get(7));
}

} // namespace

ServeWriter::ServeWriter(const NetworkModel& network, std::uint64_t seed)
    : network_(network), ids_(seed, wall_clock_us()), terminal_(ids_.next_terminal())
{
}

bool ServeWriter::can_write(const std::string& kind, const std::string& of_kind) const
{
    return network_.find(kind, of_kind) != nullptr;
}

codec::Message ServeWriter::write(const Order& order)
{
    const MessageTemplate* made_from = network_.find(order.kind, order.of_kind);
    if (made_from == nullptr)
        throw StepFailed("network " + network_.name() + " has no message \"" + order.kind + "\"" +
                         (order.of_kind.empty() ? "" : " of a " + order.of_kind));
    const auto now_ms = static_cast<std::int64_t>(wall_clock_us() / 1000);
    const std::string local = month_to_second(now_ms + network_.local_ahead_ms());
    Values values{{"now", month_to_second(now_ms)},
                  {"local_date", local.substr(0, 4)},
                  {"local_time", local.substr(4)},
                  {"stan", ids_.next_stan()},
                  {"rrn", ids_.next_rrn()},
                  {"terminal", terminal_},
                  {"reason", network_.reason_of(order.reason)}};
    if (order.card != nullptr) {
        values["card"] = order.card->pan;
        values["expiry"] = order.card->expiry_yymm;
    }
    if (order.amount) {
        values["amount"] = de4_of(*order.amount);
        values["currency"] = currency_digits(order.amount->currency);
    } else if (order.original != nullptr) {
        values["amount"] = order.original->get(4);
        values["currency"] = order.original->get(49);
    }
    return network_.build(*made_from, order.original, values);
}

codec::Message ServeWriter::management(const std::string& code)
{
    codec::Message message = write({.kind = "sign_on"});
    message.set(70, code);
    return message;
}

codec::Message ServeWriter::answer_to(const codec::Message& request)
{
    codec::Message answer(codec::answer_to(request.mti()));
    for (const int de : {7, 11, 33, 59, 70})
        if (request.has(de)) answer.set(de, request.get(de));
    answer.set(39, "00");
    return answer;
}

Bytes ServeWriter::encoded(const codec::Message& message) const
{
    Bytes bytes;
    const auto result = codec::encode(network_.dialect(), message, bytes);
    if (!result) throw StepFailed("a message cannot be written: " + codec::text_of(result.error()));
    return bytes;
}

Bytes ServeWriter::encoded_as_repeat(codec::Message message) const
{
    message.set_mti(codec::with_repeat(message.mti()));
    return encoded(message);
}

std::string ServeWriter::answer_name_of_request(const codec::Message& request)
{
    return joined(codec::answer_to(request.mti()), request);
}

std::string ServeWriter::answer_name(const codec::Message& answer)
{
    return joined(answer.mti(), answer);
}

} // namespace sim
