#include "net/link.hpp"

#include "authz/group.hpp"
#include "authz/test_build.hpp"
#include "codec/decode.hpp"
#include "codec/describe.hpp"
#include "net/answer.hpp"

#include <algorithm>

namespace net {

namespace {

constexpr std::chrono::minutes format_error_window{1};
constexpr std::size_t described_max = 20; ///< messages of one second
constexpr std::size_t flood_factor =
    4; ///< orders pass above the window; so far above it the peer must repeat

} // namespace

std::string_view name_of(CloseReason reason)
{
    constexpr std::string_view names[] = {
        "peer_gone",    "drained", "garbage",         "frame_timeout",      "idle",           "format_errors",
        "empty_frames", "flooded", "sign_on_refused", "sign_on_unanswered", "echo_unanswered"};
    return names[static_cast<std::size_t>(reason)];
}

std::string_view name_of(LinkState state)
{
    constexpr std::string_view names[] = {"connecting", "before_sign_on", "up", "signed_off", "draining"};
    return names[static_cast<std::size_t>(state)];
}

Link::Link(std::shared_ptr<const LinkSettings> settings, Now now)
    : settings_(std::move(settings)), tap_(settings_->tap), reader_(settings_->envelope.framing),
      management_(settings_), last_frame_(now.mono), gauges_(settings_->counters)
{
}

std::string Link::short_name(const codec::Message& message)
{
    return std::string(message.mti().text()) + " stan=" + std::string(message.get(11));
}

// --- messages in: what comes out of link_frames.cpp

void Link::take_message(std::span<const std::uint8_t> wire, MonoTime first_byte, Now now)
{
    codec::Message& message = settings_->drafts->in_hand;
    const auto decoded = codec::decode(*settings_->dialect, wire, message);
    TOLLGATE_CRASH_POINT("link_decoded");
    if (decoded) settings_->counters->received(message.mti());
    const bool is_good = decoded && has_good_mac(wire, message);
    if (!decoded)
        take_undecodable(decoded.error(), wire, now.mono);
    else if (is_good && message.mti().is_answer())
        take_answer(message);
    else if (is_good && message.mti().message_class() == '8')
        take_management(message, now.mono);
    else if (is_good)
        take_request(message, first_byte, now);
    message.clear();
}

/// The network refused what we sent, and sends it back: it asks for nothing.
void Link::take_returned(std::span<const std::uint8_t> wire)
{
    codec::Message& message = settings_->drafts->in_hand;
    const auto decoded = codec::decode(*settings_->dialect, wire, message);
    note("message_returned", decoded ? short_name(message) : "");
    message.clear();
}

void Link::take_undecodable(const codec::Error& error, std::span<const std::uint8_t> wire, MonoTime now)
{
    const codec::Message readable = codec::decode_readable_part(*settings_->dialect, wire);
    if (readable.mti() == codec::Mti{}) {
        settings_->counters->rejected(Rejected::garbage);
        note("no_message", text_of(error));
        return close(CloseReason::garbage);
    }
    settings_->counters->received(readable.mti());
    settings_->counters->rejected(Rejected::field);
    note("format_error", short_name(readable) + ": " + text_of(error));
    if (readable.mti().is_answer()) return;
    if (readable.has(11)) {
        Draft answer{echo_of_readable(readable), header_, error.de};
        answer.message.set(39, settings_->translator->profile().edge_codes.format_error);
        name_wrong_element(answer.message, *settings_->dialect, error.de);
        reply(answer, std::nullopt);
    }
    count_format_error(now);
}

DraftPtr Link::draft_of(const codec::Message& request)
{
    DraftPtr draft = settings_->drafts->take();
    write_echo(request, draft->message);
    draft->request_header = header_;
    return draft;
}

void Link::take_request(const codec::Message& message, MonoTime first_byte, Now now)
{
    DraftPtr answer = draft_of(message);
    answer->first_byte = first_byte;
    auto read = settings_->translator->read(message, {settings_->next_delivery(), now.wall});
    if (const auto* refusal = std::get_if<Refusal>(&read)) return refuse(message, *refusal, now.mono);
    auto& request = std::get<authz::Request>(read);
    TOLLGATE_CRASH_POINT("link_translated");
    const bool is_order = authz::is_order(request.operation);
    if (!management_.serves_requests() && !is_order)
        return note("request_while_signed_off", short_name(message));
    if (join(request, answer)) return;
    if (is_order || may_start()) {
        start(std::move(request), std::move(answer));
    } else if (TOLLGATE_PLANTED("full-window-declined")) {
        answer->message.set(39, "91");
        reply(*answer, std::nullopt);
    } else {
        settings_->counters->shed(management_.is_over() ? Shed::draining : Shed::in_flight);
        note("request_not_taken", short_name(message)); // too much to do
    }
}

/// Nothing has been executed: the message goes no further.
void Link::refuse(const codec::Message& message, const Refusal& refusal, MonoTime now)
{
    const bool is_format_error = refusal.kind == Refusal::Kind::format_error;
    if (!management_.serves_requests() && !is_format_error)
        return note("request_while_signed_off", short_name(message));
    Draft draft{is_format_error ? echo_of_readable(message) : echo_of(message), header_,
                is_format_error ? refusal.de : 0};
    codec::Message& answer = draft.message;
    answer.set(39, settings_->translator->code_of(refusal));
    if (is_format_error) settings_->counters->rejected(Rejected::spec);
    if (is_format_error) name_wrong_element(answer, *settings_->dialect, refusal.de);
    if (is_format_error && refusal.de == 0) answer.set_mti(settings_->translator->own_version(answer.mti()));
    note(is_format_error ? "format_error" : "not_served",
         "de=" + std::to_string(refusal.de) + " " + description_of(message, now));
    if (message.has(11)) reply(draft, std::nullopt);
    if (is_format_error) count_format_error(now);
}

/// Of the first few of a second: the log leaves out the others, and to put one into words takes ten times as
/// long as to read it.
std::string Link::description_of(const codec::Message& message, MonoTime now)
{
    if (now - described_since_ >= std::chrono::seconds{1}) {
        described_since_ = now;
        described_ = 0;
    }
    if (++described_ > described_max) return short_name(message);
    std::string line = codec::describe_line(*settings_->dialect, message);
    codec::overwrite_dead_stack(); // of values that were looked at to be masked
    return line;
}

void Link::count_format_error(MonoTime now)
{
    while (!format_errors_.empty() && format_errors_.front() + format_error_window <= now)
        format_errors_.pop_front();
    format_errors_.push_back(now);
    if (format_errors_.size() > settings_->format_errors_max) finish(CloseReason::format_errors);
}

// --- requests
// ------------------------------------------------------------------------------------------------------

bool Link::may_start() const
{
    return !management_.is_over() && slots_.size() + copies_ < settings_->in_flight;
}

/// A copy of what is in flight waits with it: one decision, one answer for each.
bool Link::join(const authz::Request& request, DraftPtr& answer)
{
    const auto first = slot_of_key_.find(request.key);
    if (first == slot_of_key_.end()) return false;
    Slot& slot = slots_.at(first->second);
    const authz::Request& asked = slot.ticket->request;
    const bool is_same = asked.content == request.content && asked.key_fields == request.key_fields &&
                         asked.operation == request.operation &&
                         authz::acquirers_agree(asked.acquirer, request.acquirer);
    if (!is_same && !TOLLGATE_PLANTED("copy-content-not-compared")) return false;
    if (slots_.size() + copies_ >= settings_->in_flight) {
        settings_->counters->shed(Shed::in_flight);
        note("copy_dropped", "");
        return true;
    }
    slot.copies.push_back(std::move(answer));
    ++copies_;
    settings_->counters->requests_joined.add();
    return true;
}

void Link::start(authz::Request request, DraftPtr answer)
{
    if (slots_.size() >= settings_->in_flight * flood_factor) return close(CloseReason::flooded);
    const std::uint64_t id = next_slot_++;
    const MonoTime first_byte = *answer->first_byte;
    const Deadlines deadlines{first_byte + settings_->decide_deadline, first_byte + settings_->answer_cutoff};
    auto ticket = std::make_shared<Ticket>(std::move(request), deadlines);
    ticket->slot = id;
    if (!ticket->is_order()) decide_deadlines_.emplace_back(deadlines.decide, id);
    cutoffs_.emplace_back(deadlines.cutoff, id);
    slot_of_key_.emplace(ticket->request.key, id);
    slots_.emplace(id, Slot{ticket, std::move(answer), {}});
    actions_.emplace_back(Authorize{std::move(ticket)});
    TOLLGATE_CRASH_POINT("link_request_started");
}

// --- the ledger's word
// ---------------------------------------------------------------------------------------------

void Link::decided(std::uint64_t id, const authz::Answer& decided, MonoTime now)
{
    const auto found = slots_.find(id);
    if (found == slots_.end()) return;
    Slot& slot = found->second;
    const Ticket& ticket = *slot.ticket;
    const bool is_approval = is_positive(decided.reason) && !ticket.is_order();
    const auto cutoff = is_approval ? std::optional(ticket.deadlines.cutoff) : std::nullopt;
    if (cutoff && now >= *cutoff && !TOLLGATE_PLANTED("approval-after-cutoff")) {
        settings_->counters->answers_late.add();
        note("approval_too_late", "");
    } else {
        const auto send = [&](Draft& answer) {
            complete(answer.message, {*settings_->dialect, settings_->translator->profile()}, decided);
            reply(answer, cutoff, kind_of(ticket.request.operation));
        };
        send(*slot.answer);
        for (const DraftPtr& copy : slot.copies) send(*copy);
    }
    forget(found);
}

void Link::failed(std::uint64_t slot)
{
    if (TOLLGATE_PLANTED("failure-declined"))
        return decided(slot, {authz::Reason::deadline_passed, "91", "", {}}, {});
    stay_silent(slot, "request_failed");
}

void Link::gave_up(std::uint64_t id)
{
    settings_->counters->answers_late.add();
    stay_silent(id, "answer_too_late");
}

void Link::not_taken(std::uint64_t id)
{
    if (TOLLGATE_PLANTED("no-room-declined"))
        return decided(id, {authz::Reason::deadline_passed, "91", "", {}}, {});
    settings_->counters->shed(Shed::queue);
    stay_silent(id, "request_not_taken");
}

void Link::stay_silent(std::uint64_t id, std::string_view event)
{
    const auto found = slots_.find(id);
    if (found == slots_.end()) return;
    note(event, "stan=" + found->second.ticket->request.key_fields.stan);
    forget(found);
}

void Link::forget(std::unordered_map<std::uint64_t, Slot>::iterator slot)
{
    copies_ -= slot->second.copies.size();
    settings_->drafts->give_back(std::move(slot->second.answer));
    for (DraftPtr& copy : slot->second.copies) settings_->drafts->give_back(std::move(copy));
    const auto first = slot_of_key_.find(slot->second.ticket->request.key);
    if (first != slot_of_key_.end() && first->second == slot->first) slot_of_key_.erase(first);
    slots_.erase(slot);
    close_if_done();
}

// --- time and the end
// ----------------------------------------------------------------------------------------------

void Link::tick(Now moment)
{
    if (is_closed_) return;
    const MonoTime now = moment.mono;
    const auto take_due = [&](auto& deadlines, auto make_action) {
        for (; !deadlines.empty() && deadlines.front().first <= now; deadlines.pop_front()) {
            const auto slot = slots_.find(deadlines.front().second);
            if (slot != slots_.end()) actions_.emplace_back(make_action(slot->second.ticket));
        }
    };
    take_due(decide_deadlines_, [&](TicketPtr due) {
        if (TOLLGATE_PLANTED("declined-at-expiry"))
            decided(due->slot, {authz::Reason::deadline_passed, "91", "", {}}, now);
        return Expire{std::move(due)};
    });
    take_due(cutoffs_, [](TicketPtr due) { return GiveUp{std::move(due)}; });
    if (frame_began_ && *frame_began_ + settings_->frame_timeout <= now)
        close(CloseReason::frame_timeout);
    else if (!finishing_ && !has_peer_ended_ && last_frame_ + settings_->idle_timeout <= now)
        finish(CloseReason::idle);
    else if (manages()) {
        management_.tick(moment);
        obey_management();
    }
}

void Link::peer_ended()
{
    has_peer_ended_ = true;
    frame_began_.reset();
    close_if_done();
}

void Link::close_if_done()
{
    if (!owes_nothing()) return;
    if (finishing_)
        close(*finishing_);
    else if (has_peer_ended_)
        close(CloseReason::peer_gone);
    else if (management_.is_over())
        close(CloseReason::drained);
}

/// Reads no more; closes when what is in flight has ended, at the last cut-off at the latest.
void Link::finish(CloseReason reason)
{
    if (!finishing_) finishing_ = reason;
    frame_began_.reset();
    close_if_done();
}

void Link::close(CloseReason reason)
{
    if (is_closed_) return;
    is_closed_ = true;
    actions_.emplace_back(Close{reason});
}

// --- actions out
// ---------------------------------------------------------------------------------------------------

void Link::reply(Draft& answer, std::optional<MonoTime> cutoff, RequestKind kind)
{
    if (!seal(answer.message)) return;
    AnswerTag tag = tag_of(answer.message.mti(), answer.message.get(39), kind);
    tag.first_byte = answer.first_byte.value_or(frame_began_.value_or(last_frame_));
    send(wrap(settings_->envelope, *settings_->dialect, answer), answer.message, cutoff, tag);
}

void Link::send(Wrapped wrapped, const codec::Message& message, std::optional<MonoTime> cutoff, AnswerTag tag)
{
    if (wrapped.frame.empty()) return note_not_encodable(message, wrapped.why);
    TOLLGATE_CRASH_POINT("link_answer_encoded");
    actions_.emplace_back(Reply{std::move(wrapped.frame), cutoff, tag});
}

void Link::note_not_encodable(const codec::Message& message, const std::string& why)
{
    note(message.mti().is_answer() ? "answer_not_encodable" : "request_not_encodable",
         short_name(message) + ": " + why);
}

void Link::note(std::string_view event, std::string detail)
{
    actions_.emplace_back(Note{event, std::move(detail)});
}

Link::Action Link::next()
{
    if (actions_.empty()) {
        const LinkState state = management_.state();
        gauges_.show({state == LinkState::draining ? ConnectionState::draining : ConnectionState::open,
                      state == LinkState::up, slots_.size()});
        return Wait{next_deadline()};
    }
    Action action = std::move(actions_.front());
    actions_.pop_front();
    return action;
}

MonoTime Link::next_deadline()
{
    const auto first_of = [&](auto& deadlines) {
        while (!deadlines.empty() && !slots_.contains(deadlines.front().second)) deadlines.pop_front();
        return deadlines.empty() ? MonoTime::max() : deadlines.front().first;
    };
    if (is_closed_) return MonoTime::max();
    auto deadline = std::min(first_of(decide_deadlines_), first_of(cutoffs_));
    if (frame_began_) deadline = std::min(deadline, *frame_began_ + settings_->frame_timeout);
    if (manages())
        deadline = std::min({deadline, last_frame_ + settings_->idle_timeout, management_.deadline()});
    return deadline;
}

} // namespace net
