#include "sim/fire_writer.hpp"

#include "codec/decode.hpp"
#include "codec/encode.hpp"

namespace sim {

namespace {

constexpr std::size_t terminal_count = 64;

std::string template_of(PlannedMessage::Kind kind)
{
    using Kind = PlannedMessage::Kind;
    switch (kind) {
    case Kind::linked_refund:
        return "refund of sale";
    case Kind::cancel:
        return "cancel of sale";
    case Kind::other_content:
        return "changed_copy";
    default:
        return std::string(name_of(kind));
    }
}

std::string joined(codec::Mti answer_mti, const codec::Message& message)
{
    return std::string(answer_mti.text()) + std::string(message.get(11)) + std::string(message.get(4));
}

} // namespace

FireWriter::FireWriter(const NetworkModel& network, RunIds& ids, std::vector<CardInHand> cards)
    : network_(network), ids_(ids), cards_(std::move(cards))
{
    for (std::size_t i = 0; i < terminal_count; ++i) terminals_.push_back(ids_.next_terminal());
}

Bytes FireWriter::write(const PlannedMessage& message, const Bytes* original)
{
    if (message.kind == PlannedMessage::Kind::reversal) return reversal_of(*original);
    Values values;
    values["amount"] = de4_of({message.amount_minor, "JPY"});
    values["currency"] = currency_digits("JPY");
    values["reason"] = message.kind == PlannedMessage::Kind::cancel ? network_.reason_of("customer") : "";
    if (original == nullptr) {
        values["card"] = cards_.at(message.card).pan;
        values["expiry"] = cards_.at(message.card).expiry_yymm;
    }
    return encoded(build(template_of(message.kind), original, std::move(values)));
}

Bytes FireWriter::reversal_of(const Bytes& original)
{
    codec::Message message;
    (void)codec::decode(network_.dialect(), original, message);
    codec::Message reversal =
        build("reversal", &original,
              {{"amount", std::string(message.get(4))}, {"reason", network_.reason_of("timeout")}});
    if (++reversals_ % 4 == 0) reversal.erase(2);
    return encoded(reversal);
}

codec::Message FireWriter::build(const std::string& kind, const Bytes* original, Values values)
{
    const auto now_ms = static_cast<std::int64_t>(wall_clock_us() / 1000);
    const std::string local = month_to_second(now_ms + network_.local_ahead_ms());
    values["now"] = month_to_second(now_ms);
    values["local_date"] = local.substr(0, 4);
    values["local_time"] = local.substr(4);
    values["stan"] = ids_.next_stan();
    values["rrn"] = ids_.next_rrn();
    values["terminal"] = terminals_[written_++ % terminals_.size()];
    const MessageTemplate* made_from = network_.find(kind, "");
    if (made_from == nullptr)
        throw StepFailed("network " + network_.name() + " has no message \"" + kind + "\"");
    codec::Message names;
    if (original != nullptr) (void)codec::decode(network_.dialect(), *original, names);
    return network_.build(*made_from, original == nullptr ? nullptr : &names, values);
}

Bytes FireWriter::encoded(const codec::Message& message) const
{
    Bytes bytes;
    const auto result = codec::encode(network_.dialect(), message, bytes);
    if (!result) throw StepFailed("a message cannot be written: " + codec::text_of(result.error()));
    return bytes;
}

Bytes FireWriter::as_repeat(const Bytes& message) const
{
    Bytes repeat = message;
    repeat.at(3) = static_cast<std::uint8_t>(repeat[3] | 1U); // the fourth character of the MTI
    return repeat;
}

std::string FireWriter::answer_name_of_request(std::span<const std::uint8_t> request) const
{
    codec::Message message;
    (void)codec::decode(network_.dialect(), request, message);
    return joined(codec::answer_to(message.mti()), message);
}

std::string FireWriter::answer_name(std::span<const std::uint8_t> answer, std::string& code) const
{
    codec::Message message;
    if (!codec::decode(network_.dialect(), answer, message)) return {};
    code = message.get(39);
    return joined(message.mti(), message);
}

} // namespace sim
