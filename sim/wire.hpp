/// The simulator's end of TCP or TLS: named connections, framed messages, timers, on one thread.
#pragma once

#include "codec/frame_header.hpp"
#include "codec/framing.hpp"
#include "sim/reach.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

using Bytes = std::vector<std::uint8_t>;
using Clock = std::chrono::steady_clock;

struct Address {
    std::string host;
    std::uint16_t port = 0;
};

/// "127.0.0.1:8583"; throws std::invalid_argument when it is none.
[[nodiscard]] Address parse_address(std::string_view text);
/// The same, and port 0 for any free one.
[[nodiscard]] Address parse_listen_address(std::string_view text);
[[nodiscard]] std::string text_of(const Address& address);

/// The host cannot be reached, or the framing cannot carry what is to be sent.
struct WireError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What stands around a message.
struct WireForm {
    codec::Framing framing{65'535};
    codec::HeaderKind header = codec::HeaderKind::none;
};

/// The message as it goes on the wire: behind a header, in a frame.
/// throws   WireError when it is too long for one of them, or the framing cannot carry it
[[nodiscard]] Bytes framed(const WireForm& form, std::span<const std::uint8_t> message);

/// Nothing happens outside run_until(): callbacks run there, on the caller's thread.
class Wire {
public:
    struct Events {
        /// Without its header.
        std::function<void(const std::string& on, std::span<const std::uint8_t> message)> message;
        std::function<void(const std::string& on)> closed; ///< by the other side; not by close()
        /// After the messages of one read: the moment to send what they make room for, in one piece.
        std::function<void(const std::string& on)> all_read{};
        /// A connection that was dialled, or taken where `on` listens, carries messages from now on.
        std::function<void(const std::string& on)> up{};
        /// Nobody is there, or TLS, sign-on or MACs did not work out; closed() follows. Without this function
        /// run_until() throws a WireError, unless nobody was there or messages have come before.
        std::function<void(const std::string& on, const std::string& why)> failed{};
    };

    Wire(WireForm form, Events events, Reach reach = {});
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// Waits until it carries messages, at most the limit of the reach; other connections go on meanwhile.
    /// throws   WireError
    void connect(const std::string& on, const Address& address);
    /// Does not wait for connection, TLS and sign-on: events say how they end.
    /// throws   WireError when the host is no number
    void dial(const std::string& on, const Address& address);
    /// Takes connections as `on`, one at a time: a new one takes the place of the one before, which counts as
    /// closed by the other side.
    /// returns  where it listens
    /// throws   WireError
    Address listen(const std::string& on, const Address& address);
    /// It carries messages.
    [[nodiscard]] bool is_open(const std::string& on) const;
    void close(const std::string& on);

    /// Puts its MAC into it, header and frame around it. A message on a closed connection is dropped.
    /// throws   WireError
    void send(const std::string& on, std::span<const std::uint8_t> message);
    /// A frame, and no header, around bytes that need be no message.
    void send_frame(const std::string& on, std::span<const std::uint8_t> bytes);
    /// As they are.
    void send_bytes(const std::string& on, std::span<const std::uint8_t> bytes);

    void after(Clock::duration delay, std::function<void()> then);

    /// Works until `done` is true.
    /// returns  false when the deadline came first
    /// throws   WireError, see Events::failed
    bool run_until(const std::function<bool()>& done, Clock::time_point deadline);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace sim
