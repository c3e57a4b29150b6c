#include "sim/replay_send.hpp"

#include "codec/decode.hpp"
#include "codec/encode.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>

namespace sim {

namespace {

/// Shorter waits than this cost the machine more than the messages.
constexpr Clock::duration pause_min = std::chrono::microseconds{250};
/// How often it is looked whether unanswered messages are to be waited for any longer.
constexpr Clock::duration look_pause = std::chrono::milliseconds{20};

class Sender {
public:
    Sender(const ReplayTraffic& traffic, const ReplayPlan& plan, std::span<const codec::Message> messages,
           const PlanOptions& planned, const SendOptions& options)
        : traffic_(traffic), plan_(plan), messages_(messages), options_(options),
          is_windowed_(planned.timing.kind == ReplayTiming::Kind::max),
          wire_(traffic.form,
                {[this](const std::string& on, std::span<const std::uint8_t> bytes) { received(on, bytes); },
                 [this](const std::string&) { ++result_.lost_connections; },
                 [this](const std::string&) { fill_window(); }},
                options.reach)
    {
    }

    [[nodiscard]] SentPlan run()
    {
        result_.messages.resize(plan_.sends.size());
        connect();
        begin_ = Clock::now();
        has_begun_ = true;
        if (is_windowed_)
            fill_window();
        else
            send_due();
        look_after();
        (void)wire_.run_until([this] { return is_done(); }, Clock::time_point::max());
        result_.took = Clock::now() - begin_;
        return std::move(result_);
    }

private:
    void connect()
    {
        for (const PlannedSend& send : plan_.sends) {
            const std::uint32_t number = connection_of(send);
            const auto [line, is_new] = lines_.try_emplace(number);
            if (!is_new) continue;
            line->second.name = std::to_string(number);
            wire_.connect(line->second.name, options_.targets[number % options_.targets.size()]);
        }
    }

    [[nodiscard]] std::uint32_t connection_of(const PlannedSend& send) const
    {
        return options_.lines == SendOptions::Lines::one ? 0 : traffic_.requests[send.place].connection;
    }

    [[nodiscard]] Clock::time_point due(std::size_t i) const { return begin_ + plan_.sends[i].at; }

    void fill_window()
    {
        if (!is_windowed_ || !has_begun_) return;
        while (next_ < plan_.sends.size() && outstanding_ < options_.in_flight) take_next(Clock::now());
        hand_over();
    }

    void send_due()
    {
        const auto now = Clock::now();
        while (next_ < plan_.sends.size() && due(next_) <= now) take_next(now);
        hand_over();
        if (next_ < plan_.sends.size())
            wire_.after(std::max(due(next_) - now, pause_min), [this] { send_due(); });
    }

    void take_next(Clock::time_point now)
    {
        const std::size_t i = next_++;
        SentMessage& sent = result_.messages[i];
        Line& line = lines_.find(connection_of(plan_.sends[i]))->second;
        if (!wire_.is_open(line.name)) return;
        const codec::Message& message = messages_[i];
        Bytes bytes;
        if (!codec::encode(*traffic_.dialect, message, bytes))
            throw WireError("a message that cannot be written");
        const Bytes frame = framed(traffic_.form, bytes);
        line.leaving.insert(line.leaving.end(), frame.begin(), frame.end());
        sent.was_sent = true;
        if (!is_windowed_) sent.slip = now - due(i);
        const auto since = is_windowed_ ? now : due(i);
        waiting_[answer_key(codec::answer_to(message.mti()), message)].push_back({i, since});
        deadlines_.emplace_back(since + options_.wait, i);
        ++outstanding_;
    }

    void hand_over()
    {
        for (auto& [number, line] : lines_) {
            if (line.leaving.empty()) continue;
            wire_.send_bytes(line.name, line.leaving);
            line.leaving.clear();
        }
    }

    void received(const std::string& on, std::span<const std::uint8_t> bytes)
    {
        const auto decoded = codec::decode(*traffic_.dialect, bytes, incoming_);
        if (decoded && !incoming_.mti().is_answer()) return answer_server(on);
        const auto asked = decoded ? waiting_.find(answer_key(incoming_.mti(), incoming_)) : waiting_.end();
        if (asked == waiting_.end() || asked->second.empty()) {
            ++result_.strays;
            return;
        }
        const Waiting first = asked->second.front();
        asked->second.pop_front();
        SentMessage& sent = result_.messages[first.place];
        sent.answer = Bytes(bytes.begin(), bytes.end());
        sent.answered_after = Clock::now() - first.since;
        if (!given_up_.contains(first.place)) --outstanding_;
    }

    /// A server that sends echoes ends a connection on which nobody answers.
    void answer_server(const std::string& on)
    {
        if (incoming_.mti().message_class() != '8') {
            ++result_.strays;
            return;
        }
        codec::Message answer(codec::answer_to(incoming_.mti()));
        for (const int de : {7, 11, 33, 70}) answer.echo(de, incoming_);
        answer.set(39, "00");
        Bytes bytes;
        if (codec::encode(*traffic_.dialect, answer, bytes)) wire_.send(on, bytes);
    }

    /// Those that nobody waits for any longer make room.
    void look_after()
    {
        const auto now = Clock::now();
        for (; !deadlines_.empty() && deadlines_.front().first <= now; deadlines_.pop_front()) {
            const std::size_t i = deadlines_.front().second;
            if (result_.messages[i].answer) continue;
            given_up_[i] = true;
            --outstanding_;
        }
        fill_window();
        wire_.after(look_pause, [this] { look_after(); });
    }

    [[nodiscard]] bool is_done() const { return next_ == plan_.sends.size() && outstanding_ == 0; }

    struct Line {
        std::string name;
        Bytes leaving;
    };
    struct Waiting {
        std::size_t place = 0; ///< in the plan
        Clock::time_point since;
    };

    const ReplayTraffic& traffic_;
    const ReplayPlan& plan_;
    std::span<const codec::Message> messages_;
    const SendOptions& options_;
    bool is_windowed_;
    SentPlan result_;
    std::map<std::uint32_t, Line> lines_;
    Clock::time_point begin_;
    bool has_begun_ = false; ///< all connections carry messages
    std::size_t next_ = 0;
    std::size_t outstanding_ = 0;
    std::unordered_map<std::string, std::deque<Waiting>> waiting_; ///< by the answer's key, oldest first
    std::deque<std::pair<Clock::time_point, std::size_t>> deadlines_;
    std::unordered_map<std::size_t, bool> given_up_;
    codec::Message incoming_;
    Wire wire_; ///< last: its callbacks use the rest
};

} // namespace

SentPlan send_plan(const ReplayTraffic& traffic, const ReplayPlan& plan,
                   std::span<const codec::Message> messages, const PlanOptions& planned,
                   const SendOptions& options)
{
    return Sender(traffic, plan, messages, planned, options).run();
}

} // namespace sim
