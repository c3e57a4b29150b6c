#include "sim/traffic.hpp"

#include "codec/decode.hpp"

#include <algorithm>

namespace sim {

Traffic::Traffic(const NetworkModel& network, Terminal& terminal, Ladder& ladder, AddressOf address_of,
                 Reach reach)
    : network_(network), terminal_(terminal), ladder_(ladder), address_of_(std::move(address_of)),
      wire_(network.wire_form(),
            {[this](const std::string& on, std::span<const std::uint8_t> bytes) { received(on, bytes); },
             [this](const std::string& on) { closed(on); }},
            std::move(reach))
{
}

void Traffic::open(const std::string& on)
{
    if (closed_by_host_.contains(on) && !closing_expected_.contains(on))
        throw StepFailed("connection \"" + on + "\" was closed by the host");
    if (!wire_.is_open(on)) wire_.connect(on, address_of_(on));
    closed_by_host_.erase(on);
    closing_expected_.erase(on);
}

void Traffic::send(Exchange& exchange, Delivery& delivery)
{
    open(delivery.on);
    const Passage& passage = delivery.fate.request;
    if (passage.kind == Passage::Kind::straight) return let_go(exchange, delivery);
    ladder_.add(Rung::Kind::request_stopped, label(exchange, delivery), text_of(passage));
    if (passage.kind == Passage::Kind::delayed)
        wire_.after(passage.delay, [this, &exchange, &delivery] { let_go(exchange, delivery); });
}

void Traffic::let_go(Exchange& exchange, Delivery& delivery)
{
    const bool was_stopped = delivery.fate.request.kind != Passage::Kind::straight;
    ladder_.add(was_stopped ? Rung::Kind::request_left : Rung::Kind::request, label(exchange, delivery));
    delivery.has_left = true;
    delivery.fate.request = {};
    // A held message may outlive its connection: the wire then uses a new one, as a network does.
    if (!wire_.is_open(delivery.on)) open(delivery.on);
    wire_.send(delivery.on, delivery.request);
}

void Traffic::send_raw(const Send& send, const std::string& on)
{
    open(on);
    const auto* data = reinterpret_cast<const std::uint8_t*>(send.bytes.data());
    const std::span<const std::uint8_t> bytes(data, send.bytes.size());
    ladder_.add(Rung::Kind::request, std::to_string(bytes.size()) + " raw bytes");
    if (send.kind == "frame")
        wire_.send_frame(on, bytes);
    else
        wire_.send_bytes(on, bytes);
}

void Traffic::release(Exchange& exchange)
{
    bool was_held = false;
    for (Delivery& delivery : exchange.deliveries) {
        if (delivery.fate.request.kind == Passage::Kind::held) {
            let_go(exchange, delivery);
            was_held = true;
        }
        if (delivery.fate.answer.kind == Passage::Kind::held) {
            delivery.fate.answer = {};
            if (delivery.seen) {
                ladder_.add(Rung::Kind::answer_left, answer_label(exchange, delivery));
                delivery.is_answered = true;
            }
            was_held = true;
        }
    }
    if (!was_held) throw StepFailed("nothing of " + exchange.name + " is held");
}

void Traffic::received(const std::string& on, std::span<const std::uint8_t> bytes)
{
    const auto decoded = codec::decode(network_.dialect(), bytes);
    if (!decoded) {
        surprise_ = "the host sent what is no message: " + codec::text_of(decoded.error());
        ladder_.add(Rung::Kind::note, surprise_);
        return;
    }
    std::string name;
    Delivery* delivery = terminal_.asked_for(on, *decoded, name);
    if (delivery == nullptr) {
        surprise_ = "an answer that nobody asked for: " + std::string(decoded->mti().text());
        ladder_.add(Rung::Kind::note, surprise_);
        return;
    }
    delivery->seen = *decoded;
    delivery->seen_bytes.assign(bytes.begin(), bytes.end());
    Exchange& exchange = terminal_.exchange(name);
    const Passage& passage = delivery->fate.answer;
    if (passage.kind == Passage::Kind::straight) return deliver(exchange, *delivery);
    ladder_.add(Rung::Kind::answer_stopped, answer_label(exchange, *delivery), text_of(passage));
    if (passage.kind == Passage::Kind::delayed)
        wire_.after(passage.delay, [this, &exchange, delivery] { deliver(exchange, *delivery); });
}

void Traffic::deliver(Exchange& exchange, Delivery& delivery)
{
    const bool was_stopped = delivery.fate.answer.kind == Passage::Kind::delayed;
    ladder_.add(was_stopped ? Rung::Kind::answer_left : Rung::Kind::answer, answer_label(exchange, delivery));
    delivery.is_answered = true;
}

void Traffic::closed(const std::string& on)
{
    closed_by_host_.insert(on);
    ladder_.add(Rung::Kind::note, "connection \"" + on + "\" closed by the host");
    for (Exchange& exchange : terminal_.exchanges())
        for (Delivery& delivery : exchange.deliveries)
            if (delivery.on == on && delivery.has_left && !delivery.seen) delivery.connection_ended = true;
}

std::vector<Delivery*> Traffic::wait_for_answers(Exchange& exchange, std::chrono::milliseconds limit)
{
    std::vector<Delivery*> awaited;
    for (Delivery& delivery : exchange.deliveries)
        if (!delivery.is_settled && !stays_silent(delivery.fate) &&
            (delivery.is_answered || !delivery.connection_ended))
            awaited.push_back(&delivery);
    if (awaited.empty()) throw StepFailed("no answer to " + exchange.name + " can come: none is on its way");

    const auto is_over = [](const Delivery* delivery) {
        return delivery->is_answered || delivery->connection_ended;
    };
    const bool all = wire_.run_until([&] { return std::all_of(awaited.begin(), awaited.end(), is_over); },
                                     Clock::now() + limit);
    if (!all)
        throw StepFailed("no answer to " + exchange.name + " within " + std::to_string(limit.count()) +
                         " ms");
    for (const Delivery* delivery : awaited)
        if (!delivery->is_answered)
            throw StepFailed("the host closed connection \"" + delivery->on + "\" instead of answering " +
                             exchange.name);
    return awaited;
}

void Traffic::expect_silence(Exchange& exchange, std::chrono::milliseconds pos_timeout,
                             std::chrono::milliseconds limit)
{
    for (Delivery& delivery : exchange.deliveries) {
        if (delivery.is_settled) continue;
        if (!stays_silent(delivery.fate)) {
            (void)wire_.run_until([&] { return delivery.is_answered; }, delivery.sent + pos_timeout);
        } else if (delivery.has_left) {
            const bool was_seen = wire_.run_until([&] { return delivery.seen || delivery.connection_ended; },
                                                  Clock::now() + limit);
            if (!was_seen)
                throw StepFailed("the host gave no answer to " + exchange.name + " that could be lost");
        }
        if (delivery.is_answered) throw StepFailed("an answer to " + exchange.name + " came");
        delivery.terminal_gave_up = true;
        if (delivery.fate.answer.kind == Passage::Kind::lost ||
            delivery.fate.request.kind == Passage::Kind::lost)
            delivery.is_settled = true;
    }
    ladder_.add(Rung::Kind::note, "silence: the terminal gives up on " + exchange.name);
}

bool Traffic::wait_until_closed(const std::string& on, std::chrono::milliseconds limit)
{
    const bool is_closed =
        wire_.run_until([&] { return closed_by_host_.contains(on); }, Clock::now() + limit);
    if (is_closed) closing_expected_.insert(on);
    return is_closed;
}

void Traffic::host_restarted()
{
    for (Exchange& exchange : terminal_.exchanges()) {
        for (Delivery& delivery : exchange.deliveries) {
            wire_.close(delivery.on);
            if (delivery.has_left && !delivery.seen) delivery.connection_ended = true;
        }
    }
    closed_by_host_.clear();
    closing_expected_.clear();
}

std::string Traffic::label(const Exchange& exchange, const Delivery& delivery) const
{
    (void)delivery;
    std::string text = std::string(exchange.request.mti().text()) + " " + exchange.name;
    if (exchange.amount) text += " " + text_of(*exchange.amount);
    return text;
}

std::string Traffic::answer_label(const Exchange& exchange, const Delivery& delivery) const
{
    return std::string(delivery.seen->mti().text()) + " " + exchange.name + " code " +
           std::string(delivery.seen->get(39));
}

} // namespace sim
