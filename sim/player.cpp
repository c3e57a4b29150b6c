#include "sim/player.hpp"

#include "sim/checks.hpp"
#include "sim/terminal.hpp"
#include "sim/traffic.hpp"

#include <algorithm>
#include <ctime>

namespace sim {

namespace {

/// YYYY-MM, three years from now.
std::string later_expiry()
{
    const auto ms = static_cast<std::int64_t>(wall_clock_us() / 1000);
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    const std::string month = std::to_string(parts.tm_mon + 101).substr(1);
    return std::to_string(parts.tm_year + 1900 + 3) + "-" + month;
}

class Player {
public:
    Player(const Scenario& scenario, const Side& side, const Stage& stage)
        : scenario_(scenario), side_(side), stage_(stage),
          terminal_(*side.model, stage.ids, stage.ids.next_terminal()),
          traffic_(
              *side.model, terminal_, ladder_, [this](const std::string& on) { return address_of(on); },
              side.reach)
    {
    }

    Verdict play()
    {
        const auto begin = Clock::now();
        Verdict verdict;
        try {
            prepare();
            for (; done_ < scenario_.steps.size(); ++done_)
                std::visit([this](const auto& action) { perform(action); }, scenario_.steps[done_].action);
            refuse_late_surprises();
            verdict.passed = true;
        } catch (const StepFailed& failure) {
            fail(verdict, failure.what());
        } catch (const OfficeError& failure) {
            fail(verdict, failure.what());
        } catch (const WireError& failure) {
            fail(verdict, failure.what());
        } catch (const HostError& failure) {
            fail(verdict, failure.what());
        }
        verdict.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
        return verdict;
    }

private:
    void fail(Verdict& verdict, const std::string& problem)
    {
        const bool is_prepared =
            !scenario_.accounts.empty() ? accounts_.size() == scenario_.accounts.size() : true;
        verdict.step = is_prepared ? std::min(done_ + 1, scenario_.steps.size()) : 0;
        verdict.place = text_of(scenario_.steps[std::min(done_, scenario_.steps.size() - 1)].place);
        verdict.problem = problem;
        verdict.ladder = text_of(ladder_, "host (" + side_.model->name() + ")");
    }

    void prepare()
    {
        for (const auto& [name, account] : scenario_.accounts)
            accounts_[name] = stage_.office.open_account(account);
        for (const auto& [name, card] : scenario_.cards) {
            CardOrder order;
            order.pan = stage_.ids.next_pan(card.bin);
            order.expiry = card.expiry.empty() ? later_expiry() : card.expiry;
            order.status = card.status;
            cards_[name] = {order.pan, order.expiry.substr(2, 2) + order.expiry.substr(5, 2)};
            if (card.account.empty()) continue;
            order.account = accounts_[card.account];
            stage_.office.issue_card(order);
        }
    }

    /// A connection's name decides its link: the first name gets the first link, and so on in turn.
    Address address_of(const std::string& on)
    {
        const auto found = std::find(connections_.begin(), connections_.end(), on);
        const auto index = static_cast<std::size_t>(found - connections_.begin());
        if (found == connections_.end()) connections_.push_back(on);
        return stage_.host.address(side_.links[index % side_.links.size()]);
    }

    void perform(const Send& send)
    {
        if (send.kind == "bytes" || send.kind == "frame") {
            for (const std::string& on : send.on) traffic_.send_raw(send, on);
            return;
        }
        const auto card = cards_.find(send.card);
        Exchange& exchange = terminal_.write(send, card == cards_.end() ? nullptr : &card->second);
        for (const std::string& on : send.on)
            for (int copy = 0; copy < send.fate.copies; ++copy)
                traffic_.send(exchange, terminal_.add_delivery(exchange, on, send.fate, false));
    }

    void perform(const Repeat& repeat)
    {
        Exchange& exchange = terminal_.exchange(repeat.of);
        for (int time = 0; time < repeat.times; ++time) {
            const std::string& on = repeat.on[static_cast<std::size_t>(time) % repeat.on.size()];
            for (int copy = 0; copy < repeat.fate.copies; ++copy)
                traffic_.send(exchange,
                              terminal_.add_delivery(exchange, on, repeat.fate, repeat.marks_repeat));
        }
    }

    void perform(const Release& release) { traffic_.release(terminal_.exchange(release.of)); }

    void perform(const Expect& expect)
    {
        if (expect.what == Expect::What::closed) {
            if (!traffic_.wait_until_closed(expect.on, stage_.answer_limit))
                throw StepFailed("the host has not closed connection \"" + expect.on + "\"");
            return;
        }
        Exchange& exchange = terminal_.exchange(expect.to);
        if (expect.what == Expect::What::silence)
            traffic_.expect_silence(exchange, scenario_.pos_timeout, stage_.answer_limit);
        else
            expect_answers(exchange, expect);
    }

    void expect_answers(Exchange& exchange, const Expect& expect)
    {
        const std::vector<Delivery*> answered = traffic_.wait_for_answers(exchange, stage_.answer_limit);
        for (Delivery* delivery : answered) {
            delivery->is_settled = true;
            check_answer(*side_.model, exchange, *delivery, expect);
        }
        if (expect.is_identical) check_identical(*side_.model, exchange);
    }

    void perform(const Check& check)
    {
        for (const auto& [name, expected] : check.balances)
            check_balance(name, expected, stage_.office.balance_minor(accounts_.at(name)));
        std::map<std::string, TransactionSeen> seen;
        const auto look_up = [&](const std::string& message) -> const TransactionSeen& {
            const auto found = seen.find(message);
            if (found != seen.end()) return found->second;
            return seen[message] = stage_.office.transaction(name_of(terminal_.exchange(message)));
        };
        for (const auto& [message, state] : check.states) check_state(message, state, look_up(message).state);
        for (const auto& [message, amount] : check.refundable)
            check_amount("refundable of " + message, amount, look_up(message).refundable_minor);
        for (const auto& [message, count] : check.postings)
            check_count("postings of " + message, count, look_up(message).postings);
        ladder_.add(Rung::Kind::note, "books as expected");
    }

    void perform(const Restart& restart)
    {
        ladder_.add(Rung::Kind::note, restart.how == Restart::How::kill ? "host killed and started again"
                                                                        : "host stopped and started again");
        stage_.host.restart(restart.how);
        traffic_.host_restarted();
    }

    [[nodiscard]] TransactionName name_of(const Exchange& exchange) const
    {
        const codec::Message& request = exchange.request;
        return {side_.network, std::string(codec::without_repeat(request.mti()).text()),
                std::string(request.get(11)), std::string(request.get(7)), terminal_.number()};
    }

    /// An answer to a terminal that had given up is a surprise unless a step expected it.
    void refuse_late_surprises()
    {
        if (!traffic_.surprise().empty()) throw StepFailed(traffic_.surprise());
        for (const Exchange& exchange : terminal_.exchanges())
            for (const Delivery& delivery : exchange.deliveries)
                if (delivery.is_answered && delivery.terminal_gave_up && !delivery.is_settled)
                    throw StepFailed("a late answer to " + exchange.name + " that no step expects");
    }

    const Scenario& scenario_;
    const Side& side_;
    const Stage& stage_;
    Ladder ladder_;
    Terminal terminal_;
    Traffic traffic_;
    std::size_t done_ = 0;
    std::map<std::string, std::int64_t> accounts_;
    std::map<std::string, CardInHand> cards_;
    std::vector<std::string> connections_;
};

} // namespace

Verdict play(const Scenario& scenario, const Side& side, const Stage& stage)
{
    return Player(scenario, side, stage).play();
}

} // namespace sim
