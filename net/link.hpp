#pragma once

#include "codec/dialect.hpp"
#include "codec/error.hpp"
#include "codec/framing.hpp"
#include "net/answer.hpp"
#include "net/draft_pool.hpp"
#include "net/envelope.hpp"
#include "net/link_counters.hpp"
#include "net/ticket.hpp"
#include "net/translate.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace net {

/// What the links of one configuration entry share. Times as in LinkConfig.
struct LinkSettings {
    std::string name;
    std::shared_ptr<const codec::Dialect> dialect;
    std::shared_ptr<const Translator> translator;
    std::function<std::uint64_t()> next_delivery; ///< a number that no other frame of any node has
    // Of all links of the node:
    std::shared_ptr<DraftPool> drafts = std::make_shared<DraftPool>();
    std::shared_ptr<LinkCounters> counters = std::make_shared<LinkCounters>("");
    std::chrono::milliseconds decide_deadline{3'800};
    std::chrono::milliseconds answer_cutoff{4'500};
    bool needs_sign_on = false;
    std::size_t in_flight = 4'000;
    Envelope envelope;
    std::chrono::milliseconds frame_timeout{10'000};
    std::chrono::milliseconds idle_timeout{180'000};
    std::size_t format_errors_max = 5; ///< in a minute
    std::size_t empty_frames_max = 10; ///< in a row
};

enum class CloseReason : std::uint8_t {
    peer_gone,     ///< it ended its side, and all it waited for is answered
    drained,       ///< we stop, and all it waited for is answered
    garbage,       ///< bytes that are no message, or an impossible length
    frame_timeout, ///< a frame that began and did not end
    idle,
    format_errors, ///< too many in a minute
    empty_frames,  ///< too many in a row
    flooded,       ///< far more undecided than the window allows: only orders come this far
};
[[nodiscard]] std::string_view name_of(CloseReason reason);

/// Both clocks: deadlines count on one, dates come from the other.
struct Now {
    MonoTime mono;
    authz::Time wall;
};

/// State machine of one connection: bytes and moments in, actions out. No I/O, no clock of its own, so that
/// every transition and every deadline is tested without waiting.
///
///     link.received(n, now); or link.tick(now); or link.decided(...), link.gave_up(...)
///     for (;;) { auto action = link.next(); if it is Wait: wait for bytes until its deadline; else obey }
class Link {
public:
    /// Nothing is left to do: read into space() and call received(), or tick() at the deadline.
    struct Wait {
        MonoTime deadline;
    };
    /// A frame for the peer. With a cut-off it is an approval: it must not be handed to the kernel later.
    struct Reply {
        std::vector<std::uint8_t> frame;
        std::optional<MonoTime> cutoff;
        std::optional<AnswerTag> tag{}; ///< what it is counted as; none: a keep-alive
    };
    /// A request for the ledger. Answer with decided(), or with one of those that stay
    /// silent, under the same slot.
    struct Authorize {
        std::uint64_t slot = 0;
        authz::Request request;
        Deadlines deadlines;
    };
    /// The decide deadline: try to keep this from being executed. Its decline is decided(), too, once it is
    /// durable.
    struct Expire {
        std::uint64_t slot = 0;
    };
    /// The answer cut-off: give it up and call gave_up(), unless its end is on the way.
    struct GiveUp {
        std::uint64_t slot = 0;
    };
    /// The connection is over once the replies before this are sent. Nothing follows. What is in flight has
    /// been answered, unless the peer is not worth waiting for (garbage, frame_timeout, flooded).
    struct Close {
        CloseReason reason = CloseReason::peer_gone;
    };
    /// For the log: what happened, and the message, masked.
    struct Note {
        std::string_view event;
        std::string detail;
    };
    using Action = std::variant<Wait, Reply, Authorize, Expire, GiveUp, Close, Note>;

    Link(std::shared_ptr<const LinkSettings> settings, Now now);

    /// Where the next bytes go; never empty.
    [[nodiscard]] std::span<std::uint8_t> space() { return reader_.space(); }
    void received(std::size_t bytes, Now now);
    /// The peer sends no more; what it asked for is still answered.
    void peer_ended();
    /// Nothing new is begun; what is in flight is finished, reversals are taken to the end.
    void drain();
    /// Looks at the deadlines.
    void tick(MonoTime now);

    /// What the ledger said about a slot.
    void decided(std::uint64_t slot, const authz::Answer& answer, MonoTime now);
    // Silence: what an answer would say might not stay true (docs/decisions/0012-durable-declines.md).
    /// Nothing has been executed, for a reason of ours.
    void failed(std::uint64_t slot);
    /// No answer may leave any more.
    void gave_up(std::uint64_t slot);
    /// It found no room: the sender repeats it.
    void not_taken(std::uint64_t slot);

    /// The next thing to do.
    [[nodiscard]] Action next();

    [[nodiscard]] std::size_t in_flight() const { return slots_.size(); }

private:
    enum class State : std::uint8_t { before_sign_on, up, signed_off };

    /// A request on its way in.
    struct Arrival {
        DraftPtr answer; ///< its echo, waiting for DE39
        MonoTime first_byte;
    };

    /// One request at the ledger, and everyone who asked for it.
    struct Slot {
        std::vector<DraftPtr> answers; ///< echoes waiting for DE39: one, and one per joined copy
        authz::Key key;
        authz::KeyFields key_fields;
        authz::ContentDigest content;
        std::string acquirer;
        authz::Operation operation = authz::Operation::sale;
        MonoTime cutoff;

        [[nodiscard]] bool is_order() const { return authz::is_order(operation); }
    };

    void take_lie(const codec::FrameReader::Next& frame);
    void take_keep_alive(const codec::FrameReader::Next& frame);
    void take_frame(std::span<const std::uint8_t> frame, MonoTime first_byte, Now now);
    void take_message(std::span<const std::uint8_t> wire, MonoTime first_byte, Now now);
    void take_returned(std::span<const std::uint8_t> wire);
    void take_undecodable(const codec::Error& error, std::span<const std::uint8_t> wire, MonoTime now);
    void take_management(const codec::Message& message, MonoTime now);
    [[nodiscard]] DraftPtr draft_of(const codec::Message& request);
    void take_request(const codec::Message& message, MonoTime first_byte, Now now);
    void start(authz::Request request, Arrival arrival);
    bool join(const authz::Request& request, DraftPtr& answer);
    void refuse(const codec::Message& message, const Refusal& refusal, MonoTime now);
    void count_format_error(MonoTime now);
    bool may_start() const;
    void stay_silent(std::uint64_t slot, std::string_view event);
    void reply(const Draft& answer, std::optional<MonoTime> cutoff, RequestKind kind = RequestKind::other);
    void note(std::string_view event, std::string detail);
    void close(CloseReason reason);
    void finish(CloseReason reason);
    void close_if_done();
    void forget(std::unordered_map<std::uint64_t, Slot>::iterator slot);
    [[nodiscard]] MonoTime next_deadline();

    std::shared_ptr<const LinkSettings> settings_;
    codec::FrameReader reader_;
    codec::HeaderBytes header_; ///< of the frame in hand
    codec::Message message_;    ///< a view over the frame in hand; its memory is used again and again
    std::deque<Action> actions_;
    State state_;
    bool is_draining_ = false;
    std::optional<CloseReason> finishing_; ///< nothing is read any more; closed when all is answered
    bool has_peer_ended_ = false;
    bool is_closed_ = false;

    std::unordered_map<std::uint64_t, Slot> slots_;
    std::unordered_map<authz::Key, std::uint64_t, authz::Id128Hash> slot_of_key_; ///< the first with that key
    std::uint64_t next_slot_ = 1;
    std::size_t copies_ = 0; ///< joined, beyond the first of each slot
    // Deadlines come in the order of arrival, so two queues do for all.
    std::deque<std::pair<MonoTime, std::uint64_t>> decide_deadlines_;
    std::deque<std::pair<MonoTime, std::uint64_t>> cutoffs_;

    std::optional<MonoTime> frame_began_; ///< first byte of the frame that is not whole yet
    MonoTime last_frame_;
    std::deque<MonoTime> format_errors_; ///< of the last minute
    std::size_t empty_frames_ = 0;
    ConnectionGauges gauges_;
};

} // namespace net
