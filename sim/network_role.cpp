#include "sim/network_role.hpp"

#include "codec/describe.hpp"

#include <charconv>

namespace sim {

namespace {

/// So many approved sales are remembered for refunds and cancels.
constexpr std::size_t sales_kept = 1'000;
/// More than this is not caught up in one tick after a pause of the process.
constexpr int begun_per_tick = 1'000;

/// What the message is called in the network's file.
std::string kind_on_wire(ServeKind kind)
{
    return std::string(kind == ServeKind::linked_refund ? "refund" : name_of(kind));
}

/// DE4 of an approval in part; nothing when it is no amount above zero: nobody knows what was approved.
std::optional<std::int64_t> approved_minor(const codec::Message& answer)
{
    const std::string_view digits = answer.get(4);
    std::int64_t minor = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    if (error != std::errc{} || end != digits.data() + digits.size() || minor <= 0) return std::nullopt;
    return minor;
}

} // namespace

NetworkRole::NetworkRole(const NetworkModel& network, ServePlan plan, Settings settings, Send send)
    : network_(network), plan_(std::move(plan)), settings_(std::move(settings)), send_(std::move(send)),
      writer_(network, settings_.seed), saf_(settings_.saf), rng_(settings_.seed), links_(settings_.saf.links)
{
}

void NetworkRole::link_up(std::size_t link)
{
    links_.at(link) = 1;
    saf_.hurry();
    stood_in_.clear();
}

void NetworkRole::link_down(std::size_t link)
{
    links_.at(link) = 0;
}

std::size_t NetworkRole::link_for(std::size_t wanted) const
{
    for (std::size_t i = 0; i < links_.size(); ++i)
        if (const std::size_t link = (wanted + i) % links_.size(); links_[link] != 0) return link;
    return links_.size();
}

void NetworkRole::tick(Clock::time_point now)
{
    give_up_unanswered(now);
    send_stored(now);
    send_traffic(now);
}

void NetworkRole::send_traffic(Clock::time_point now)
{
    // Before the issuer has been there once nobody knows it: there is nothing to stand in for.
    if (!first_ && link_for(0) != links_.size()) first_ = now;
    if (!first_) return;
    for (int i = 0; i < begun_per_tick && !is_stopping_ && !has_begun_all(); ++i) {
        const std::chrono::duration<double> at(static_cast<double>(begun_) / plan_.rate);
        if (*first_ + std::chrono::duration_cast<Clock::duration>(at) > now) return;
        ++begun_;
        begin_one(now);
    }
}

/// Everything that is in flight may end in the store: a request is only made when its reversal has room.
void NetworkRole::begin_one(Clock::time_point now)
{
    if (in_flight_.size() >= settings_.in_flight_max || !saf_.has_room(in_flight_.size() + 1)) {
        ++counts_.held_back;
        return;
    }
    Transaction transaction = make_transaction();
    const std::size_t link = link_for(begun_ % links_.size());
    if (link == links_.size()) return stand_in(std::move(transaction));
    ask(std::move(transaction), link, now);
}

NetworkRole::Transaction NetworkRole::make_transaction()
{
    Transaction made;
    made.kind = plan_.draw_kind(rng_);
    made.card = plan_.cards.at(rng_.below(plan_.cards.size()));
    Amount amount = plan_.draw_amount(rng_);
    if (names_a_sale(made.kind) && sales_.empty()) made.kind = ServeKind::sale;
    const std::string kind = kind_on_wire(made.kind);
    if (names_a_sale(made.kind)) {
        const auto chosen = sales_.begin() + static_cast<std::ptrdiff_t>(rng_.below(sales_.size()));
        made.card = chosen->card;
        amount = chosen->line.amount;
        made.request = writer_.write({.kind = kind,
                                      .of_kind = "sale",
                                      .original = &chosen->request,
                                      .amount = amount,
                                      .reason = made.kind == ServeKind::cancel ? "customer" : ""});
        sales_.erase(chosen);
    } else {
        made.request = writer_.write({.kind = kind, .card = &made.card, .amount = amount});
    }
    const codec::Message& request = made.request;
    SettlementLine& line = made.line;
    line.number = begun_;
    line.kind = kind;
    line.mti = request.mti().text();
    line.stan = request.get(11);
    line.transmitted = request.get(7);
    line.local_time = std::string(request.get(13)) + std::string(request.get(12));
    line.rrn = request.get(37);
    line.terminal = request.get(41);
    line.card = codec::masked_pan(made.card.pan);
    line.amount = amount;
    return made;
}

void NetworkRole::ask(Transaction transaction, std::size_t link, Clock::time_point now)
{
    const Bytes bytes = writer_.encoded(transaction.request);
    const std::string name = ServeWriter::answer_name_of_request(transaction.request);
    transaction.link = link;
    ++counts_.requests;
    deadlines_.emplace_back(now + settings_.timeout, name);
    in_flight_.emplace(name, std::move(transaction));
    send_(link, bytes);
}

void NetworkRole::stand_in(Transaction transaction)
{
    const std::int64_t minor = transaction.line.amount.minor;
    const bool is_served = plan_.stand_in && transaction.kind == ServeKind::sale &&
                           writer_.can_write("advice", "sale") && minor <= plan_.stand_in->sale_max_minor;
    std::int64_t& of_card = stood_in_[transaction.card.pan];
    if (!is_served || of_card + minor > plan_.stand_in->card_max_minor) {
        ++counts_.stand_in_declined;
        return;
    }
    of_card += minor;
    ++counts_.stood_in;
    transaction.line.outcome = SettlementLine::Outcome::advised;
    const codec::Message advice =
        writer_.write({.kind = "advice", .of_kind = "sale", .original = &transaction.request});
    // The issuer has never seen the request: it knows the advice.
    transaction.line.mti = advice.mti().text();
    transaction.line.transmitted = advice.get(7);
    const std::size_t link = begun_ % links_.size();
    store(std::move(transaction), advice, link);
}

void NetworkRole::give_up_unanswered(Clock::time_point now)
{
    while (!deadlines_.empty() && deadlines_.front().first <= now) {
        auto unanswered = in_flight_.extract(deadlines_.front().second);
        deadlines_.pop_front();
        if (unanswered.empty()) continue;
        ++counts_.timeouts;
        reverse(std::move(unanswered.mapped()));
    }
}

void NetworkRole::reverse(Transaction transaction)
{
    if (transaction.kind == ServeKind::inquiry) return; // it has no effect
    ++counts_.reversals;
    transaction.line.outcome = SettlementLine::Outcome::reversed;
    const codec::Message reversal = writer_.write({.kind = "reversal",
                                                   .of_kind = transaction.line.kind,
                                                   .original = &transaction.request,
                                                   .reason = "timeout"});
    const std::size_t link = transaction.link;
    store(std::move(transaction), reversal, link);
}

void NetworkRole::store(Transaction transaction, const codec::Message& message, std::size_t link)
{
    saf_.add(link, {transaction.line.number, writer_.encoded(message), writer_.encoded_as_repeat(message),
                    ServeWriter::answer_name_of_request(message)});
    transaction.line.is_acknowledged = false;
    unacknowledged_.emplace(transaction.line.number, std::move(transaction.line));
}

void NetworkRole::send_stored(Clock::time_point now)
{
    for (std::size_t queue = 0; queue < links_.size(); ++queue) {
        const std::size_t link = link_for(queue);
        if (link == links_.size()) return;
        const Bytes* message = saf_.due(queue, now);
        if (message == nullptr) continue;
        const Bytes bytes = *message;
        saf_.sent(queue, now);
        send_(link, bytes);
    }
}

void NetworkRole::received(const codec::Message& message)
{
    const std::string name = ServeWriter::answer_name(message);
    if (auto asked = in_flight_.extract(name)) return answered(std::move(asked.mapped()), message);
    acknowledged(message, name);
}

void NetworkRole::answered(Transaction transaction, const codec::Message& answer)
{
    const std::string_view code = answer.get(39);
    const bool is_partial = !code.empty() && code == network_.code_of("approved_in_part");
    if (code != network_.code_of("approved") && !is_partial) {
        ++counts_.declined;
        return;
    }
    if (is_partial) {
        const auto part = approved_minor(answer);
        if (!part || *part > transaction.line.amount.minor) return reverse(std::move(transaction));
        transaction.line.amount.minor = *part;
    }
    ++counts_.approved;
    if (transaction.kind == ServeKind::inquiry) return; // nothing to settle
    transaction.line.approval = answer.get(38);
    final_.push_back(transaction.line);
    if (transaction.kind != ServeKind::sale) return;
    sales_.push_back(std::move(transaction));
    if (sales_.size() > sales_kept) sales_.pop_front();
}

void NetworkRole::acknowledged(const codec::Message& answer, const std::string& name)
{
    if (saf_.is_under_way(name) && answer.get(39) == network_.code_of("unavailable")) {
        ++counts_.put_off;
        return;
    }
    const auto known = saf_.acknowledge(name);
    if (!known.is_known) {
        ++counts_.late;
        return;
    }
    ++counts_.acknowledged;
    if (answer.get(39) != network_.code_of("accepted")) ++counts_.acknowledged_otherwise;
    auto line = unacknowledged_.extract(known.transaction);
    line.mapped().is_acknowledged = true;
    final_.push_back(std::move(line.mapped()));
}

std::vector<SettlementLine> NetworkRole::take_final()
{
    return std::exchange(final_, {});
}

std::vector<SettlementLine> NetworkRole::take_all()
{
    for (auto& [name, transaction] : in_flight_) {
        if (transaction.kind == ServeKind::inquiry) continue;
        transaction.line.outcome = SettlementLine::Outcome::reversed;
        transaction.line.is_acknowledged = false;
        final_.push_back(std::move(transaction.line));
    }
    in_flight_.clear();
    for (auto& [number, line] : std::exchange(unacknowledged_, {})) final_.push_back(std::move(line));
    return take_final();
}

} // namespace sim
