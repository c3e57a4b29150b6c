#include "sim/fire_traffic.hpp"

#include <algorithm>

namespace sim {

namespace {

constexpr std::chrono::milliseconds tick_pause{10};
constexpr std::chrono::hours for_ever{24};
constexpr int tries_before_reversal = 2;
const std::string format_error = "30";

bool is_repeat(PlannedMessage::Kind kind)
{
    return kind == PlannedMessage::Kind::marked_repeat || kind == PlannedMessage::Kind::same_bytes;
}

bool can_be_reversed(PlannedMessage::Kind kind)
{
    using Kind = PlannedMessage::Kind;
    return kind == Kind::sale || kind == Kind::refund || kind == Kind::linked_refund || kind == Kind::cancel;
}

} // namespace

FireTraffic::FireTraffic(const FirePlan& plan, FireWriter& writer, const NetworkModel& network,
                         std::vector<Address> doors, Settings settings, Faults faults)
    : plan_(plan), writer_(writer), doors_(std::move(doors)), settings_(settings), faults_(std::move(faults)),
      rng_(plan.settings.seed + 1), entries_(plan.messages.size()),
      wire_(network.wire_form(),
            {[this](const std::string&, std::span<const std::uint8_t> bytes) { received(bytes); },
             [](const std::string&) {}})
{
    for (std::uint32_t i = 0; i < plan.settings.connections; ++i) connections_.push_back(std::to_string(i));
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        entries_[i].kind = plan.messages[i].kind;
        if (entries_[i].kind == Kind::reversal) entries_[plan.messages[i].of].is_reversed = true;
    }
    wire_.after(tick_pause, [this] { tick(); });
}

void FireTraffic::run_until(const std::function<bool()>& done)
{
    (void)wire_.run_until(done, Clock::now() + for_ever);
}

void FireTraffic::run()
{
    run_until([this] {
        return next_ == plan_.messages.size() && next_fault_ == plan_.faults.size() && faults_.is_idle();
    });
}

std::size_t FireTraffic::settle(std::chrono::milliseconds limit)
{
    is_settling_ = true;
    for (std::size_t i = 0; i < entries_.size(); ++i)
        if (entries_[i].is_sent && !entries_[i].is_answered && !entries_[i].waits) again_.push_back(i);
    (void)wire_.run_until([this] { return unanswered_ == 0 && again_.empty(); }, Clock::now() + limit);
    return unanswered_;
}

void FireTraffic::repeat_every(std::size_t n)
{
    std::size_t asked = 0;
    for (std::size_t i = 0; i < entries_.size(); i += n) {
        if (!entries_[i].is_answered) continue;
        entries_[i].is_answered = false;
        ++unanswered_;
        ++asked;
    }
    (void)settle(settings_.network_timeout * 4 + std::chrono::milliseconds(asked));
}

void FireTraffic::tick()
{
    keep_connected();
    look_at_timeouts();
    budget_ = settings_.per_tick;
    send_planned();
    wire_.after(tick_pause, [this] { tick(); });
}

void FireTraffic::keep_connected()
{
    for (std::size_t i = 0; i < connections_.size(); ++i) {
        if (wire_.is_open(connections_[i])) continue;
        wire_.connect(connections_[i], doors_[i % doors_.size()]);
        wire_.send(connections_[i], writer_.sign_on());
        ++counts_.reconnects;
    }
}

void FireTraffic::look_at_timeouts()
{
    const auto now = Clock::now();
    while (!timeouts_.empty() && timeouts_.front().first <= now) {
        const std::size_t number = timeouts_.front().second;
        timeouts_.pop_front();
        Entry& entry = entries_[number];
        if (entry.is_answered || !entry.waits) continue;
        entry.waits = false;
        --waiting_;
        ++counts_.timeouts;
        react(number);
    }
}

void FireTraffic::react(std::size_t number)
{
    Entry& entry = entries_[number];
    const bool repeats = is_settling_ || !can_be_reversed(entry.kind) ||
                         (++entry.tries <= tries_before_reversal && rng_.below(2) == 0);
    if (repeats) return again_.push_back(number);
    if (!entry.is_reversed) reverse(number);
}

void FireTraffic::reverse(std::size_t number)
{
    entries_[number].is_reversed = true;
    Entry reversal;
    reversal.kind = Kind::reversal;
    reversal.bytes = writer_.reversal_of(entries_[number].bytes);
    by_answer_[writer_.answer_name_of_request(reversal.bytes)] = entries_.size();
    again_.push_back(entries_.size());
    ++counts_.reversals;
    entries_.push_back(std::move(reversal));
}

void FireTraffic::send_planned()
{
    while (!again_.empty() && waiting_ < settings_.window) {
        const std::size_t number = again_.front();
        const Entry& entry = entries_[number];
        const bool is_first = !entry.is_sent;
        if (!entry.is_answered || is_first) {
            const auto connection = static_cast<std::uint32_t>(rng_.below(connections_.size()));
            if (!transmit(number, connection, is_first ? As::first : As::marked_repeat)) return;
            if (!is_first) ++counts_.repeats;
        }
        again_.pop_front();
    }
    while (waiting_ < settings_.window && budget_ > 0 && may_send_next()) {
        if (open_connection(0) == nullptr) return;
        --budget_;
        send_one(next_++);
    }
}

/// A fault begins when the one before it is over; until then nothing new is sent.
bool FireTraffic::may_send_next()
{
    while (next_fault_ < plan_.faults.size() &&
           (plan_.faults[next_fault_].at <= next_ || next_ == plan_.messages.size())) {
        if (!faults_.is_idle()) return false;
        faults_.begin(plan_.faults[next_fault_++]);
    }
    return next_ < plan_.messages.size();
}

void FireTraffic::send_one(std::size_t number)
{
    const PlannedMessage& message = plan_.messages[number];
    if (is_repeat(message.kind)) {
        (void)transmit(message.of, message.connection,
                       message.kind == Kind::marked_repeat ? As::marked_repeat : As::first);
        return;
    }
    write(number);
    (void)transmit(number, message.connection, As::first);
}

void FireTraffic::write(std::size_t number)
{
    if (!entries_[number].bytes.empty()) return;
    const PlannedMessage& message = plan_.messages[number];
    const bool names_another =
        message.kind != Kind::sale && message.kind != Kind::refund && message.kind != Kind::inquiry;
    if (names_another) write(message.of);
    entries_[number].bytes = writer_.write(message, names_another ? &entries_[message.of].bytes : nullptr);
    by_answer_[writer_.answer_name_of_request(entries_[number].bytes)] = number;
}

const std::string* FireTraffic::open_connection(std::uint32_t wanted) const
{
    for (std::size_t i = 0; i < connections_.size(); ++i) {
        const std::string& on = connections_[(wanted + i) % connections_.size()];
        if (wire_.is_open(on)) return &on;
    }
    return nullptr;
}

/// returns  false when no connection is open
bool FireTraffic::transmit(std::size_t number, std::uint32_t connection, As as)
{
    const std::string* on = open_connection(connection);
    if (on == nullptr) return false;
    Entry& entry = entries_[number];
    wire_.send(*on, as == As::marked_repeat ? writer_.as_repeat(entry.bytes) : entry.bytes);
    ++counts_.sent;
    if (!entry.is_sent) ++unanswered_;
    entry.is_sent = true;
    if (entry.is_answered || entry.waits) return true; // a repeat: nobody waits for it
    entry.waits = true;
    ++waiting_;
    timeouts_.emplace_back(Clock::now() + settings_.network_timeout, number);
    return true;
}

void FireTraffic::received(std::span<const std::uint8_t> bytes)
{
    std::string code;
    const auto found = by_answer_.find(writer_.answer_name(bytes, code));
    if (found == by_answer_.end()) return;
    Entry& entry = entries_[found->second];
    if (entry.is_answered || code == format_error) return; // what it got was not what we sent: no decision
    entry.is_answered = true;
    --unanswered_;
    if (std::exchange(entry.waits, false)) --waiting_;
    send_planned();
}

} // namespace sim
