#pragma once

#include "codec/framing.hpp"
#include "net/link_action.hpp"
#include "net/link_settings.hpp"
#include "net/management.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include <boost/container/devector.hpp>

namespace net {

/// State machine of one connection: bytes and moments in, actions out. No I/O, no clock of its own, so that
/// every transition and every deadline is tested without waiting.
///
///     link.received(n, now); or link.tick(now); or link.decided(...), link.gave_up(...)
///     for (;;) { auto action = link.next(); if it is Wait: wait for bytes until its deadline; else obey }
class Link {
public:
    using Wait = link_action::Wait;
    using Reply = link_action::Reply;
    using Authorize = link_action::Authorize;
    using Expire = link_action::Expire;
    using GiveUp = link_action::GiveUp;
    using Close = link_action::Close;
    using Keep = link_action::Keep;
    using Note = link_action::Note;
    using Changed = link_action::Changed;
    using Action = std::variant<Wait, Reply, Authorize, Expire, GiveUp, Close, Keep, Note, Changed>;

    Link(std::shared_ptr<const LinkSettings> settings, Now now);

    /// Messages may pass: the connection stands, and its TLS handshake is over. Call it before received().
    void opened(Now now);
    /// Where the next bytes go; never empty.
    [[nodiscard]] std::span<std::uint8_t> space() { return reader_.space(); }
    void received(std::size_t bytes, Now now);
    /// The peer sends no more; what it asked for is still answered.
    void peer_ended();
    /// The end: whoever is signed on is signed off, what still comes is served until it is at rest. Behind
    /// the farewell's last call only reversals are begun.
    void drain(Now now, const Farewell& farewell);
    /// While it drains: call it when next() says Wait, then next() once more.
    void end_if_at_rest(Now now, Traffic unread);
    /// Looks at the deadlines.
    void tick(Now now);

    /// What the ledger said about a slot.
    void decided(std::uint64_t slot, const authz::Answer& answer, MonoTime now);
    // Silence: what an answer would say might not stay true (docs/decisions/0012-durable-declines.md).
    /// Nothing has been executed, for a reason of ours.
    void failed(std::uint64_t slot);
    /// No answer may leave any more.
    void gave_up(std::uint64_t slot);
    /// It found no room: the sender repeats it.
    void not_taken(std::uint64_t slot);

    /// The end of writing what `order` has told to write.
    void kept(const Keep& order, Kept how);

    /// next() has something other than Wait.
    [[nodiscard]] bool has_actions() const { return !actions_.empty(); }
    /// The next thing to do.
    [[nodiscard]] Action next();
    /// Nobody waits for an answer any more.
    void forget_all()
    {
        slots_.clear();
        held_.clear();
    }

    [[nodiscard]] std::size_t in_flight() const { return slots_.size(); }
    [[nodiscard]] bool is_waiting_for(std::uint64_t slot) const { return slots_.contains(slot); }
    /// Nothing is in flight, and no frame has begun.
    [[nodiscard]] bool is_quiet() const { return owes_nothing() && !reader_.is_mid_frame(); }
    /// Of what the peer sends.
    [[nodiscard]] std::size_t buffer_bytes() const { return reader_.buffer_bytes(); }
    [[nodiscard]] LinkState state() const { return management_.state(); }
    /// Where its frames are recorded.
    [[nodiscard]] const ConnectionTap& tap() const { return tap_; }
    /// When it was up for the first time.
    [[nodiscard]] std::optional<MonoTime> up_since() const { return management_.up_since(); }

private:
    /// One request at the ledger, and everyone who asked for it.
    struct Slot {
        TicketPtr ticket;
        DraftPtr answer;              ///< echo waiting for DE39
        std::vector<DraftPtr> copies; ///< as many of those that joined
    };

    /// Names a message without anything that could be card data.
    [[nodiscard]] static std::string short_name(const codec::Message& message);
    void take_lie(const codec::FrameReader::Next& frame);
    void take_keep_alive(const codec::FrameReader::Next& frame);
    void take_frame(std::span<const std::uint8_t> frame, MonoTime first_byte, Now now);
    void take_message(std::span<const std::uint8_t> wire, MonoTime first_byte, Now now);
    void take_returned(std::span<const std::uint8_t> wire);
    void take_undecodable(const codec::Error& error, std::span<const std::uint8_t> wire, MonoTime now);
    [[nodiscard]] bool has_good_mac(std::span<const std::uint8_t> wire, const codec::Message& message);
    void take_answer(const codec::Message& answer);
    void take_management(const codec::Message& message, MonoTime now);
    void hold(Draft answer, KeyKeeping keys);
    void obey_management();
    void obey(Management::Ask& ask);
    void obey(const Management::Finish& order) { finish(order.reason); }
    void obey(Note& told) { actions_.emplace_back(std::move(told)); }
    void obey(const Changed& change) { actions_.emplace_back(change); }
    [[nodiscard]] DraftPtr draft_of(const codec::Message& request);
    void take_request(const codec::Message& message, MonoTime first_byte, Now now);
    void start(authz::Request request, DraftPtr answer);
    bool join(const authz::Request& request, DraftPtr& answer);
    void refuse(const codec::Message& message, const Refusal& refusal, MonoTime now);
    void count_format_error(MonoTime now);
    [[nodiscard]] std::string description_of(const codec::Message& message, MonoTime now);
    [[nodiscard]] bool may_start() const;
    void stay_silent(std::uint64_t slot, std::string_view event);
    void reply(Draft& answer, std::optional<MonoTime> cutoff, RequestKind kind = RequestKind::other);
    [[nodiscard]] bool seal(codec::Message& message);
    void send(Wrapped wrapped, const codec::Message& message, std::optional<MonoTime> cutoff, AnswerTag tag);
    void note_not_encodable(const codec::Message& message, const std::string& why);
    void note(std::string_view event, std::string detail);
    void close(CloseReason reason);
    void finish(CloseReason reason);
    void close_if_done();
    [[nodiscard]] bool manages() const;
    [[nodiscard]] bool owes_nothing() const { return slots_.empty() && held_.empty(); }
    void forget(std::unordered_map<std::uint64_t, Slot>::iterator slot);
    [[nodiscard]] MonoTime next_deadline();

    std::shared_ptr<const LinkSettings> settings_;
    ConnectionTap tap_;
    codec::FrameReader reader_;
    codec::HeaderBytes header_;                  ///< of the frame in hand
    boost::container::devector<Action> actions_; // no queue of an idle link has memory
    Management management_;
    std::optional<CloseReason> finishing_; ///< nothing is read any more; closed when all is answered
    bool has_peer_ended_ = false;
    bool is_closed_ = false;

    std::unordered_map<std::uint64_t, DraftPtr> held_; ///< answers that wait for the disk
    std::unordered_map<std::uint64_t, Slot> slots_;
    std::unordered_map<authz::Key, std::uint64_t, authz::Id128Hash> slot_of_key_; ///< the first with that key
    std::uint64_t next_slot_ = 1;
    std::size_t copies_ = 0; ///< joined, beyond the first of each slot
    // Deadlines come in the order of arrival, so two queues do for all.
    boost::container::devector<std::pair<MonoTime, std::uint64_t>> decide_deadlines_;
    boost::container::devector<std::pair<MonoTime, std::uint64_t>> cutoffs_;

    std::optional<MonoTime> frame_began_; ///< first byte of the frame that is not whole yet
    MonoTime last_frame_;
    boost::container::devector<MonoTime> format_errors_; ///< of the last minute
    MonoTime described_since_;                           ///< this second
    std::size_t described_ = 0;
    std::size_t empty_frames_ = 0;
    ConnectionGauges gauges_;
};

} // namespace net
