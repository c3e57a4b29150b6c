/// The orderly end of a connection: until when it serves (docs/restart.md).
#pragma once

#include "net/ticket.hpp"

#include <chrono>
#include <cstdint>

namespace net {

/// How long an end may take when the peer does not end it.
struct Farewell {
    std::chrono::milliseconds quiet{0}; ///< without a message and with nothing in flight: it is at rest
    MonoTime handshakes;                ///< a TLS handshake that is under way may be done until then
    MonoTime first_rest;                ///< from then on a moment at rest is enough
    MonoTime last_call;                 ///< from then on nothing new is begun
    /// The connections of a link begin their end one after the other within this time, so that a peer with
    /// several of them always has one.
    std::chrono::milliseconds spread{0};

    /// The shares of a time after which what is left is cut off.
    [[nodiscard]] static Farewell within(MonoTime now, std::chrono::milliseconds time);
    /// The same when another process takes the connections that come for these.
    [[nodiscard]] static Farewell in_turn_within(MonoTime now, std::chrono::milliseconds time);
};

/// Of the peer: something of it is in flight, on its way in, or awaited.
enum class Traffic : std::uint8_t { none, some };

/// Finds the moment at which a connection that ends may be ended without harm. No clock of its own.
class Leaving {
public:
    Leaving(const Farewell& plan, MonoTime now) : plan_(plan), active_(now), looked_(now) {}

    /// Call it whenever something has happened, and at the deadline.
    /// heard   when the last whole frame came
    void look(MonoTime now, MonoTime heard, Traffic traffic);
    /// It came to rest, or it is time for the last call: nothing new is begun.
    [[nodiscard]] bool is_over() const { return is_over_; }
    [[nodiscard]] MonoTime deadline() const;
    [[nodiscard]] MonoTime first_rest() const { return plan_.first_rest; }

private:
    Farewell plan_;
    MonoTime active_; ///< the last moment that was not at rest
    MonoTime looked_;
    Traffic traffic_ = Traffic::some;
    bool is_over_ = false;
};

} // namespace net
