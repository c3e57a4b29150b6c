#include "sim/load.hpp"

#include "codec/decode.hpp"

namespace sim {

Load::Load(const NetworkModel& network, RunIds& ids, const Settings& settings) : network_(network)
{
    messages_.reserve(settings.count);
    for (std::size_t i = 0; i < settings.count; ++i) {
        Terminal terminal(network, ids, ids.next_terminal());
        LoadMessage message;
        message.card = i % settings.cards.size();
        Send sale;
        sale.kind = "sale";
        sale.as = "sale";
        sale.amount = settings.amount;
        Exchange& exchange = terminal.write(sale, &settings.cards[message.card]);
        message.stan = std::string(exchange.request.get(11));
        message.bytes = terminal.add_delivery(exchange, "", {}, false).request;
        by_stan_[message.stan] = i;
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
             [this](const std::string&) { --open_; }})
{
    for (; open_ < window.connections; ++open_) {
        wire_.connect(std::to_string(open_), address);
        room_[std::to_string(open_)] = window.in_flight;
    }
}

void LoadLine::send(const std::vector<std::size_t>& which)
{
    waiting_.insert(waiting_.end(), which.begin(), which.end());
    // A turn gives each connection one, so that all have work.
    std::size_t before = 0;
    do {
        before = next_;
        for (auto& [on, room] : room_)
            if (room > 0) send_next(on);
    } while (next_ != before);
}

void LoadLine::send_next(const std::string& on)
{
    if (next_ == waiting_.size()) return;
    LoadMessage& message = load_.messages_[waiting_[next_++]];
    message.sent = Clock::now();
    --room_[on];
    wire_.send(on, message.bytes);
}

void LoadLine::received(const std::string& on, std::span<const std::uint8_t> bytes)
{
    const auto answer = codec::decode(load_.network_.dialect(), bytes);
    const auto found = answer ? load_.by_stan_.find(std::string(answer->get(11))) : load_.by_stan_.end();
    if (found == load_.by_stan_.end()) return;
    LoadMessage& message = load_.messages_[found->second];
    message.answers.push_back(
        {std::string(answer->get(39)), std::string(answer->get(38)), Clock::now() - message.sent});
    ++came_;
    ++room_[on];
    send_next(on);
    if (on_answer_) on_answer_(came_);
}

std::size_t LoadLine::wait_for(std::size_t count, Clock::time_point deadline)
{
    (void)wire_.run_until([&] { return came_ >= count || open_ == 0; }, deadline);
    return came_;
}

} // namespace sim
