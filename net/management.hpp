#pragma once

#include "codec/message.hpp"
#include "net/farewell.hpp"
#include "net/link_action.hpp"
#include "net/link_settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace net {

/// Network management of one connection (DOMAIN 2.8): sign-on and sign-off, echoes, cut-over, new keys; what
/// the network asks and what we ask. A state machine like Link, which owns it: messages and moments in,
/// orders out, no I/O.
class Management {
public:
    /// A request of ours, to be sent as it is.
    struct Ask {
        codec::Message request;
    };
    /// Reads no more and closes.
    struct Finish {
        CloseReason reason;
    };
    using Order = std::variant<Ask, Finish, link_action::Note, link_action::Changed>;

    explicit Management(std::shared_ptr<const LinkSettings> settings) : settings_(std::move(settings)) {}

    /// Messages may pass from now on.
    void opened(Now now);
    /// A whole frame came: the connection is not idle.
    void heard(Now now) { heard_ = now.mono; }
    /// A request of class 8 with DE7, DE11 and DE70.
    /// returns  DE39 of its answer; empty: it gets none
    [[nodiscard]] std::string asked(const codec::Message& request);
    /// What the last request has brought that must be kept before its answer leaves.
    [[nodiscard]] std::optional<KeyKeeping> take_key_to_keep() { return std::exchange(key_to_keep_, {}); }
    /// False when it answers nothing that we have asked.
    [[nodiscard]] bool answered(const codec::Message& answer);
    /// The session is to end; what still comes is served until rest() finds that it is over.
    void drain(Now now, const Farewell& farewell);
    /// While it drains: call it after whatever has happened. Signs off, if it is for us to do.
    void rest(Now now, Traffic traffic);
    void tick(Now now);
    [[nodiscard]] MonoTime deadline() const;
    [[nodiscard]] std::vector<Order> take_orders() { return std::exchange(orders_, {}); }

    [[nodiscard]] LinkState state() const { return leaving_ ? LinkState::draining : session_; }
    /// Requests of the network are taken; its orders always are.
    [[nodiscard]] bool serves_requests() const;
    /// It drains, and nothing new is begun any more.
    [[nodiscard]] bool is_over() const { return leaving_ && leaving_->is_over(); }
    /// When it was up for the first time.
    [[nodiscard]] std::optional<MonoTime> up_since() const { return up_since_; }

private:
    enum class Purpose : std::uint8_t { none, sign_on, sign_off, echo };

    /// A request of ours. One at a time: what is asked later takes the place of what was asked before.
    struct Pending {
        Purpose purpose = Purpose::none;
        std::string transmitted; ///< DE7
        std::string stan;
        std::string function; ///< DE70
        MonoTime asked;
        MonoTime deadline;
    };

    [[nodiscard]] const ManagementProfile& profile() const;
    [[nodiscard]] bool awaits(Purpose purpose) const { return pending_.purpose == purpose; }
    [[nodiscard]] bool echoes() const;
    [[nodiscard]] bool owes_sign_off() const;
    [[nodiscard]] std::string key_offered(const codec::Message& request);
    [[nodiscard]] std::string other_function(const codec::Message& request);
    void ask(Purpose purpose, const std::string& function, Now now);
    void settle(const Pending& settled, std::string_view code);
    void missed(Purpose purpose);
    void go(LinkState session, std::string_view reason);
    void note(std::string_view event, std::string detail);

    std::shared_ptr<const LinkSettings> settings_;
    LinkState session_ = LinkState::connecting;
    std::optional<Leaving> leaving_; ///< while it drains
    bool has_peer_signed_on_ = false;
    bool has_signed_off_ = false; ///< we have
    std::optional<MonoTime> up_since_;
    MonoTime heard_{};
    Pending pending_;
    std::size_t echoes_missed_ = 0; ///< in a row
    std::optional<KeyKeeping> key_to_keep_;
    std::vector<Order> orders_;
};

} // namespace net
