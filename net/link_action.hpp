/// What a link says to whoever owns its socket.
#pragma once

#include "net/key_state.hpp"
#include "net/link_counters.hpp"
#include "net/ticket.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace net {

enum class CloseReason : std::uint8_t {
    peer_gone,          ///< it ended its side, and all it waited for is answered
    drained,            ///< we stop, and all it waited for is answered
    garbage,            ///< bytes that are no message, or an impossible length
    frame_timeout,      ///< a frame that began and did not end
    idle,               ///< no whole frame for too long
    format_errors,      ///< too many in a minute
    empty_frames,       ///< too many in a row
    flooded,            ///< far more undecided than the window allows: only orders come this far
    sign_on_refused,    ///< the network answered our sign-on, but not 00
    sign_on_unanswered, ///< nor in time
    echo_unanswered,    ///< several of our echoes in a row
};
[[nodiscard]] std::string_view name_of(CloseReason reason);

/// Where the session of one connection stands (docs/links.md).
enum class LinkState : std::uint8_t {
    connecting,     ///< no message may pass yet
    before_sign_on, ///< open, and a sign-on is still to come or to be answered
    up,
    signed_off, ///< by the network: its requests are ignored, its reversals taken
    draining,   ///< we stop: nothing new is begun
};
[[nodiscard]] std::string_view name_of(LinkState state);

/// Both clocks: deadlines count on one, dates come from the other.
struct Now {
    MonoTime mono;
    authz::Time wall;
};

namespace link_action {

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
/// A request for the ledger. Answer with decided(), or with one of those that stay silent, under the slot of
/// its ticket.
struct Authorize {
    TicketPtr ticket;
};
/// The decide deadline: try to keep this from being executed. Its decline is decided(), too, once it is
/// durable.
struct Expire {
    TicketPtr ticket;
};
/// The answer cut-off: give it up and call gave_up(), unless its end is on the way.
struct GiveUp {
    TicketPtr ticket;
};
/// The connection is over once the replies before this are sent. Nothing follows. What is in flight has been
/// answered, unless the peer is not worth waiting for (garbage, frame_timeout, flooded).
struct Close {
    CloseReason reason = CloseReason::peer_gone;
};
/// Keys for the next process: write them, and say with kept() how that went.
struct Keep {
    KeyKeeping keys;
    std::uint64_t answer = 0; ///< which waits for it; 0: none
};
/// For the log: what happened, and the message, masked.
struct Note {
    std::string_view event;
    std::string detail;
};
/// The session has another state. Its end is no change: Close tells of it.
struct Changed {
    LinkState before = LinkState::connecting;
    LinkState now = LinkState::connecting;
    std::string_view reason;
};

} // namespace link_action

} // namespace net
