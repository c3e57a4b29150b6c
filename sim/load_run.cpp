#include "sim/load_run.hpp"

#include "codec/decode.hpp"
#include "sim/busy_time.hpp"

#include <algorithm>

namespace sim {

namespace {

/// Shorter waits than this cost the machine more than the messages. What falls due meanwhile leaves together,
/// and counts from its own time.
constexpr Clock::duration pause_min = std::chrono::microseconds{200};
/// The rate may be changed meanwhile.
constexpr Clock::duration pause_max = std::chrono::milliseconds{50};
constexpr Clock::duration tick_every = std::chrono::milliseconds{100};
constexpr Clock::duration reconnect_after = std::chrono::milliseconds{200};
constexpr std::chrono::seconds alone_max{10};
constexpr auto forever = std::chrono::hours{24 * 365};

/// Each name once, in order of appearance; and which one each step of each scenario has.
std::vector<std::string> name_kinds(const LoadWriter& writer, std::size_t scenarios,
                                    std::vector<std::vector<std::size_t>>& of_steps)
{
    std::vector<std::string> names;
    for (std::size_t scenario = 0; scenario < scenarios; ++scenario) {
        of_steps.emplace_back();
        for (const LoadFrames::Step& step : writer.frames(scenario).steps()) {
            auto found = std::find(names.begin(), names.end(), step.kind);
            if (found == names.end()) found = names.insert(names.end(), step.kind);
            of_steps.back().push_back(static_cast<std::size_t>(found - names.begin()));
        }
    }
    return names;
}

LoadTally::Names names_of(const std::vector<RateStage>& stages, std::vector<std::string> kinds)
{
    LoadTally::Names names;
    for (const RateStage& stage : stages) names.stages.push_back({stage.name, stage.is_recorded});
    names.kinds = std::move(kinds);
    return names;
}

} // namespace

LoadRun::LoadRun(const NetworkModel& network, const Schedule& schedule, LoadWriter& writer,
                 const std::vector<RateStage>& stages, const LoadRunSettings& settings, Events events)
    : network_(network), schedule_(schedule), writer_(writer), settings_(settings),
      events_(std::move(events)), tally_(names_of(stages, name_kinds(writer, writer.scenarios(), kinds_)),
                                         settings.deadline, events_.second),
      tracks_(schedule.messages().size()), states_(schedule.messages().size(), State::unsent),
      wire_(network.wire_form(),
            {[this](const std::string&, std::span<const std::uint8_t> bytes) { received(bytes); },
             [this](const std::string& on) { closed(on); }, [this](const std::string&) { send_due(); },
             [this](const std::string& on) { opened(on); }},
            settings.reach)
{
    for (const char* name : {"approved", "approved_in_part", "accepted"})
        if (const std::string code = network.code_of(name); !code.empty()) approvals_.push_back(code);
    for (; open_ < settings.connections; ++open_) {
        const std::string on = std::to_string(open_);
        wire_.connect(on, settings.address);
        by_number_.push_back(connections_.emplace(on, Connection{true, {}}).first);
    }
    totals_.planned = tracks_.size();
    Time end{0};
    for (const RateStage& stage : stages) stage_ends_.push_back(end += stage.lasts);
}

void LoadRun::run()
{
    start_ = Clock::now();
    is_running_ = true;
    last_busy_ = busy_time();
    wire_.after(tick_every, [this] { tick(); });
    send_due();
    (void)wire_.run_until([this] { return is_over(); }, Clock::now() + forever);
    is_running_ = false;
    totals_.took = now();
    tally_.pass(now(), in_flight_);
    tally_.finish(in_flight_);
    count_unanswered();
}

LoadRun::Totals LoadRun::totals() const
{
    Totals totals = totals_;
    totals.was_stopped = is_stopping_ && !totals.was_lost;
    return totals;
}

bool LoadRun::is_over() const
{
    return in_flight_ == 0 && next_ == (is_stopping_ ? next_due_ : tracks_.size());
}

LoadTally::Part LoadRun::part_of(std::uint32_t message) const
{
    const Schedule::Message& planned = schedule_.messages()[message];
    const Schedule::Transaction& transaction = schedule_.transactions()[planned.transaction];
    return {transaction.stage, kinds_[transaction.scenario][planned.step]};
}

bool LoadRun::has_room()
{
    return in_flight_ < settings_.in_flight && open_ > 0;
}

void LoadRun::send_due()
{
    if (!is_running_) return;
    const Time at = now();
    tally_.pass(at, in_flight_);
    const Time reached = pace_.reached(at);
    const auto& order = schedule_.order();
    const auto is_due = [&](std::size_t place) {
        return place < order.size() && schedule_.messages()[order[place]].due <= reached;
    };
    for (; !is_stopping_ && is_due(next_due_); ++next_due_) tally_.due();
    for (; next_ < next_due_; ++next_) {
        if (!has_room()) {
            hold(at);
            break;
        }
        send(order[next_], at);
    }
    if (next_ == next_due_) is_holding_ = false;
    hand_over();
    arm();
}

void LoadRun::hold(Time at)
{
    if (!is_holding_) held_from_ = at;
    is_holding_ = true;
    has_held_ = true;
    held_until_ = at;
}

void LoadRun::send(std::uint32_t message, Time at)
{
    Track& track = tracks_[message];
    const Time due = pace_.when(schedule_.messages()[message].due);
    track = {due.count(), at.count()};
    states_[message] = State::waiting;
    ++in_flight_;
    ++totals_.sent;
    const bool was_held = due <= held_until_;
    const Time slip = was_held ? std::max(Time{0}, held_from_ - due) : at - due;
    if (was_held) totals_.held_longest = std::max(totals_.held_longest, at - due);
    tally_.sent(part_of(message), slip, was_held ? LoadTally::Left::held : LoadTally::Left::at_once);
    writer_.append(message, connection_for(message).leaving);
    if (events_.sent) events_.sent(message);
}

/// All messages of a transaction take the same one while it is open.
LoadRun::Connection& LoadRun::connection_for(std::uint32_t message)
{
    std::size_t number = schedule_.messages()[message].transaction % by_number_.size();
    while (!by_number_[number]->second.is_open) number = (number + 1) % by_number_.size();
    return by_number_[number]->second;
}

void LoadRun::hand_over()
{
    for (auto& [on, connection] : connections_) {
        if (connection.leaving.empty()) continue;
        wire_.send_bytes(on, connection.leaving);
        connection.leaving.clear();
    }
}

/// At most one timer. While messages are held, answers and ticks go on.
void LoadRun::arm()
{
    if (is_armed_ || is_stopping_ || pace_.is_paused() || next_ == tracks_.size() || !has_room()) return;
    const Time due = pace_.when(schedule_.messages()[schedule_.order()[next_]].due);
    is_armed_ = true;
    wire_.after(std::clamp<Clock::duration>(due - now(), pause_min, pause_max), [this] {
        is_armed_ = false;
        send_due();
    });
}

void LoadRun::received(std::span<const std::uint8_t> bytes)
{
    const Time at = now();
    tally_.pass(at, in_flight_);
    const auto decoded = codec::decode(network_.dialect(), bytes, answer_);
    candidates_.clear();
    if (decoded && answer_.mti().is_answer()) writer_.asked_by(answer_, candidates_);
    for (const std::uint32_t message : candidates_)
        if (states_[message] == State::waiting || states_[message] == State::expired)
            return answered(message, at);
    ++totals_.strays;
}

void LoadRun::answered(std::uint32_t message, Time at)
{
    const std::string_view code = answer_.get(39);
    const bool is_approval = std::find(approvals_.begin(), approvals_.end(), code) != approvals_.end();
    const Track& track = tracks_[message];
    tally_.answered(part_of(message), {code, is_approval, at - Time(track.due), at - Time(track.left)});
    if (const auto stage = stage_at(at)) tally_.came(*stage);
    if (states_[message] == State::waiting) --in_flight_;
    states_[message] = State::answered;
    if (events_.answered) events_.answered(message, answer_);
}

void LoadRun::closed(const std::string& on)
{
    Connection& connection = connections_.find(on)->second;
    if (std::exchange(connection.is_open, false) && --open_ == 0) alone_since_ = now();
    connection.leaving.clear();
    wire_.after(reconnect_after, [this, on] { reconnect(on); });
}

void LoadRun::reconnect(const std::string& on)
{
    if (!is_running_ || totals_.was_lost) return;
    try {
        wire_.dial(on, settings_.address);
    } catch (const WireError&) {
        wire_.after(reconnect_after, [this, on] { reconnect(on); });
    }
}

void LoadRun::opened(const std::string& on)
{
    connections_.find(on)->second.is_open = true;
    ++open_;
    ++totals_.reconnects;
    send_due();
}

/// What waits in vain holds no place: who loses answers would stop the load.
void LoadRun::expire(Time at)
{
    const auto& order = schedule_.order();
    for (; next_expiry_ < next_; ++next_expiry_) {
        const std::uint32_t message = order[next_expiry_];
        if (states_[message] != State::waiting) continue;
        if (Time(tracks_[message].due) + settings_.deadline > at) return;
        states_[message] = State::expired;
        --in_flight_;
        tally_.expired();
    }
}

/// Of those that wait here when it is to end: the network has given them up.
void LoadRun::drop_held(Time at)
{
    const auto& order = schedule_.order();
    for (; next_ < next_due_; ++next_) {
        const std::uint32_t message = order[next_];
        if (pace_.when(schedule_.messages()[message].due) + settings_.deadline > at) return;
        states_[message] = State::dropped;
        ++totals_.unsent;
        tally_.expired();
    }
}

/// Whose doing it is that messages are held: a generator that waits for nothing is the limit itself, and so
/// is one that was kept from its tick, a process that was suspended for example.
void LoadRun::note_effort(Time at)
{
    const Time busy = busy_time();
    if (std::exchange(has_held_, false)) {
        totals_.held += at - last_tick_;
        totals_.held_busy += std::max(busy - last_busy_, at - last_tick_ - Time(tick_every));
    }
    last_tick_ = at;
    last_busy_ = busy;
}

/// The stage under way; nothing behind the last one, and when it was stopped.
std::optional<std::size_t> LoadRun::stage_at(Time at)
{
    const Time reached = pace_.reached(at);
    while (stage_now_ < stage_ends_.size() && stage_ends_[stage_now_] <= reached) ++stage_now_;
    if (stage_now_ == stage_ends_.size() || at > stopped_at_) return std::nullopt;
    return stage_now_;
}

LoadRun::Time LoadRun::lasted(std::size_t stage) const
{
    const Time end = std::min(stopped_at_, totals_.took);
    const Time from = stage == 0 ? Time{0} : pace_.when(stage_ends_[stage - 1]);
    return std::min(pace_.when(stage_ends_[stage]), end) - std::min(from, end);
}

void LoadRun::stop()
{
    if (std::exchange(is_stopping_, true)) return;
    stopped_at_ = now();
}

void LoadRun::tick()
{
    if (!is_running_) return;
    if (events_.tick) events_.tick();
    const Time at = now();
    tally_.pass(at, in_flight_);
    note_effort(at);
    expire(at);
    if (open_ == 0 && !is_stopping_ && at - alone_since_ > alone_max) {
        totals_.was_lost = true;
        stop();
    }
    if (is_stopping_) drop_held(at);
    send_due();
    wire_.after(tick_every, [this] { tick(); });
}

void LoadRun::change_rate(double factor)
{
    pace_.change(factor, now());
}

void LoadRun::pause_or_resume()
{
    pace_.is_paused() ? pace_.resume(now()) : pace_.pause(now());
}

void LoadRun::count_unanswered()
{
    for (std::uint32_t message = 0; message < states_.size(); ++message) {
        if (states_[message] == State::expired) tally_.unanswered(part_of(message));
        if (states_[message] == State::dropped) tally_.unsent(part_of(message));
    }
}

} // namespace sim
