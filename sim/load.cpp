#include "sim/load.hpp"

#include "codec/decode.hpp"

#include <map>

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
    std::size_t next = 0;
    std::size_t came = 0;
    int open = 0;
    Wire* wire = nullptr;
    const auto send_next = [&](const std::string& on) {
        if (next == which.size()) return;
        LoadMessage& message = messages_[which[next++]];
        message.sent = Clock::now();
        wire->send(on, message.bytes);
    };
    const auto on_message = [&](const std::string& on, std::span<const std::uint8_t> bytes) {
        const auto answer = codec::decode(network_.dialect(), bytes);
        const auto found = answer ? by_stan_.find(std::string(answer->get(11))) : by_stan_.end();
        if (found == by_stan_.end()) return;
        LoadMessage& message = messages_[found->second];
        message.answers.push_back(
            {std::string(answer->get(39)), std::string(answer->get(38)), Clock::now() - message.sent});
        ++came;
        send_next(on);
        if (on_answer) on_answer(came);
    };
    Wire opened({on_message, [&](const std::string&) { --open; }});
    wire = &opened;
    for (int i = 0; i < window.connections; ++i, ++open) opened.connect(std::to_string(i), address);
    for (int turn = 0; turn < window.in_flight; ++turn)
        for (int i = 0; i < window.connections; ++i) send_next(std::to_string(i));
    (void)opened.run_until([&] { return came == which.size() || open == 0; }, Clock::now() + limit);
    return came;
}

} // namespace sim
