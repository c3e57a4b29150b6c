/// The part of a link that is about its session: what Management decides, and MACs.
#include "net/answer.hpp"
#include "net/link.hpp"

namespace net {

void Link::opened(Now now)
{
    last_frame_ = now.mono;
    management_.opened(now);
    obey_management();
}

void Link::drain(Now now, const Farewell& farewell)
{
    management_.drain(now, farewell);
    obey_management();
}

void Link::end_if_at_rest(Now now, Traffic unread)
{
    if (!manages()) return;
    management_.rest(now, is_quiet() ? unread : Traffic::some);
    obey_management();
}

/// The session still matters.
bool Link::manages() const
{
    return !is_closed_ && !finishing_ && !has_peer_ended_;
}

/// A message with a wrong MAC has no effect. The network may want to know; an answer that nobody can have
/// sent is not answered.
bool Link::has_good_mac(std::span<const std::uint8_t> wire, const codec::Message& message)
{
    using Verdict = LinkMacs::Verdict;
    if (!settings_->macs) return true;
    const Verdict verdict = settings_->macs->verify(wire, message);
    if (verdict == Verdict::key_changed) {
        note("key_in_use", short_name(message));
        if (settings_->key_exchange) settings_->key_exchange->came_into_use();
        if (auto keys = settings_->key_exchange ? settings_->key_exchange->to_keep() : std::nullopt)
            actions_.emplace_back(Keep{std::move(*keys), 0});
    }
    if (verdict == Verdict::good || verdict == Verdict::key_changed) return true;
    note(verdict == Verdict::missing ? "mac_missing" : "mac_wrong", short_name(message));
    const std::string& code = settings_->macs->profile().wrong;
    if (message.mti().is_answer() || code.empty() || !message.has(11)) return false;
    Draft answer{echo_of_readable(message), header_};
    answer.message.set(39, code);
    reply(answer, std::nullopt);
    return false;
}

void Link::take_answer(const codec::Message& answer)
{
    if (management_.answered(answer))
        obey_management();
    else
        note("answer_nobody_waits_for", short_name(answer));
}

void Link::take_management(const codec::Message& message, MonoTime now)
{
    for (const int de : {7, 11, 70})
        if (!message.has(de)) return refuse(message, {Refusal::Kind::format_error, de}, now);
    const std::string code = management_.asked(message);
    if (!code.empty()) {
        Draft answer{echo_of_management(message), header_};
        answer.message.set(39, code);
        if (auto keys = management_.take_key_to_keep())
            hold(std::move(answer), std::move(*keys));
        else
            reply(answer, std::nullopt, RequestKind::network);
    }
    obey_management();
}

/// With its answer the network takes the key for ours: by then the next process must be able to find it.
void Link::hold(Draft answer, KeyKeeping keys)
{
    answer.first_byte = frame_began_.value_or(last_frame_);
    const std::uint64_t number = next_slot_++;
    held_.emplace(number, std::make_unique<Draft>(std::move(answer)));
    actions_.emplace_back(Keep{std::move(keys), number});
}

/// The network has the new key whatever the disk says.
void Link::kept(const Keep& order, Kept how)
{
    if (how == Kept::yes)
        settings_->key_exchange->kept(order.keys.version);
    else
        note("key_not_kept", "");
    const auto answer = held_.find(order.answer);
    if (answer == held_.end()) return;
    if (!is_closed_) reply(*answer->second, std::nullopt, RequestKind::network);
    held_.erase(answer);
    close_if_done();
}

void Link::obey_management()
{
    for (auto& order : management_.take_orders())
        if (!is_closed_) std::visit([this](auto& what) { obey(what); }, order);
    close_if_done();
}

void Link::obey(Management::Ask& ask)
{
    if (!seal(ask.request)) return;
    send(wrap_request(settings_->envelope, *settings_->dialect, ask.request), ask.request, std::nullopt,
         tag_of(ask.request.mti(), "", RequestKind::network));
}

bool Link::seal(codec::Message& message)
{
    if (!settings_->macs) return true;
    const auto sealed = settings_->macs->seal(message);
    if (!sealed) note_not_encodable(message, text_of(sealed.error()));
    return sealed.has_value();
}

} // namespace net
