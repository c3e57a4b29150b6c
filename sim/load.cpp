#include "sim/load.hpp"

#include "codec/decode.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace sim {

namespace {

constexpr std::size_t stans = 1'000'000;

std::size_t number_of(std::string_view stan)
{
    std::size_t number = 0;
    std::from_chars(stan.data(), stan.data() + stan.size(), number);
    return number % stans;
}

FieldRule merchant(std::size_t number)
{
    const std::string digits = std::to_string(number);
    FieldRule rule;
    rule.de = 42;
    rule.text = "SHOP" + std::string(11 - digits.size(), '0') + digits;
    return rule;
}

} // namespace

Load::Load(const NetworkModel& network, RunIds& ids, const Settings& settings)
    : network_(network), by_stan_(stans)
{
    if (settings.count >= stans) throw std::invalid_argument("a load has more messages than there are STANs");
    messages_.reserve(settings.count);
    for (std::size_t i = 0; i < settings.count; ++i) {
        Terminal terminal(network, ids, ids.next_terminal());
        LoadMessage message;
        message.card = i % settings.cards.size();
        message.terminal = terminal.number();
        Send sale;
        sale.kind = "sale";
        sale.as = "sale";
        sale.amount = settings.amount;
        if (settings.merchants > 0) sale.fields.push_back(merchant(i % settings.merchants));
        Exchange& exchange = terminal.write(sale, &settings.cards[message.card]);
        message.stan = std::string(exchange.request.get(11));
        message.bytes = framed(network.wire_form(), terminal.add_delivery(exchange, "", {}, false).request);
        by_stan_[number_of(message.stan)] = static_cast<std::uint32_t>(i + 1);
        messages_.push_back(std::move(message));
    }
}

std::vector<std::size_t> Load::unanswered() const
{
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < messages_.size(); ++i)
        if (messages_[i].answers.empty()) which.push_back(i);
    return which;
}

std::vector<std::size_t> Load::answered(std::size_t every) const
{
    std::vector<std::size_t> which;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < messages_.size(); ++i)
        if (!messages_[i].answers.empty() && seen++ % every == 0) which.push_back(i);
    return which;
}

/// Null when nobody asked.
LoadMessage* Load::asked_for(const codec::Message& answer)
{
    const std::string_view stan = answer.get(11);
    const std::uint32_t place = by_stan_[number_of(stan)];
    if (place == 0) return nullptr;
    LoadMessage& message = messages_[place - 1];
    return stan == message.stan && answer.get(41) == message.terminal ? &message : nullptr;
}

std::size_t Load::send(const std::vector<std::size_t>& which, const Address& address, const Window& window,
                       std::chrono::milliseconds limit, const std::function<void(std::size_t)>& on_answer)
{
    LoadLine line(*this, address, window);
    line.on_answer(on_answer);
    line.send(which);
    return line.wait_for(which.size(), Clock::now() + limit);
}

LoadLine::LoadLine(Load& load, const Address& address, const Load::Window& window)
    : load_(load),
      wire_(load.network_.wire_form(),
            {[this](const std::string& on, std::span<const std::uint8_t> bytes) { received(on, bytes); },
             [this](const std::string&) { --open_; }, [this](const std::string&) { fill_windows(); }})
{
    for (; open_ < window.connections; ++open_) {
        wire_.connect(std::to_string(open_), address);
        connections_[std::to_string(open_)].room = window.in_flight;
    }
}

void LoadLine::send(const std::vector<std::size_t>& which)
{
    waiting_.insert(waiting_.end(), which.begin(), which.end());
    fill_windows();
}

void LoadLine::take_next(Connection& connection, Clock::time_point now)
{
    LoadMessage& message = load_.messages_[waiting_[next_]];
    message.sent = now;
    connection.leaving.insert(connection.leaving.end(), message.bytes.begin(), message.bytes.end());
    --connection.room;
    ++next_;
}

void LoadLine::fill_windows()
{
    if (next_ == waiting_.size()) return;
    const auto now = Clock::now();
    // A turn gives each connection one, so that all have work.
    std::size_t before = 0;
    do {
        before = next_;
        for (auto& [on, connection] : connections_)
            if (connection.room > 0 && next_ < waiting_.size()) take_next(connection, now);
    } while (next_ != before);
    hand_over();
}

void LoadLine::hand_over()
{
    for (auto& [on, connection] : connections_) {
        if (connection.leaving.empty()) continue;
        wire_.send_bytes(on, connection.leaving);
        connection.leaving.clear();
    }
}

void LoadLine::received(const std::string& on, std::span<const std::uint8_t> bytes)
{
    const auto decoded = codec::decode(load_.network_.dialect(), bytes, answer_);
    LoadMessage* message = decoded && answer_.mti().is_answer() ? load_.asked_for(answer_) : nullptr;
    if (message == nullptr) {
        ++load_.strays_;
        return;
    }
    message->answers.push_back(
        {std::string(answer_.get(39)), std::string(answer_.get(38)), Clock::now() - message->sent});
    ++came_;
    ++connections_.find(on)->second.room;
    if (on_answer_) on_answer_(came_);
}

std::size_t LoadLine::wait_for(std::size_t count, Clock::time_point deadline)
{
    (void)wire_.run_until([&] { return came_ >= count || open_ == 0; }, deadline);
    return came_;
}

} // namespace sim
