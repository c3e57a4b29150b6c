/// A TCP proxy between a network and the server that knows frames: it records every message and does to
/// single ones what a network does. One thread of its own.
#pragma once

#include "codec/framing.hpp"
#include "sim/recorder.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace sim {

/// What the proxy does with one frame.
struct Treatment {
    enum class Kind : std::uint8_t {
        pass,
        drop,       ///< it never goes on
        delay,      ///< it goes on `wait` later; others overtake it
        twice,      ///< it goes on, and once more
        swap,       ///< it goes on behind the next frame of its connection and direction
        cut,        ///< `bytes` of it go on, then the connection breaks on both sides
        pause,      ///< it goes on, then nothing is read from its sender for `wait`
        half_close, ///< it goes on, then its direction of the connection ends; the other one lives
        flip,       ///< it goes on with the highest bit of its byte number `bytes` turned over
        hold,       ///< it goes on `wait` later, and all that comes behind it in its direction after it
    };
    static constexpr std::size_t kinds = 9; ///< that a fault plan draws from: all but hold
    Kind kind = Kind::pass;
    std::chrono::milliseconds wait{0};
    std::size_t bytes = 0;

    friend bool operator==(const Treatment&, const Treatment&) = default;
};

/// A frame that has come.
struct PassingFrame {
    Direction direction = Direction::request;
    std::uint64_t number = 0; ///< of its direction, over all connections, from 0
    std::uint32_t connection = 0;
    std::span<const std::uint8_t> message; ///< without its frame
};

/// Bytes that are no frame: the stream cannot be read on, and the proxy breaks the connection.
struct BrokenStream {
    Direction direction = Direction::request;
    std::uint32_t connection = 0;
    std::size_t bytes = 0; ///< that do not go on
    std::string_view why;
    /// One of them.
    static constexpr std::string_view is_tls = "it is TLS: a proxy cannot look into it";
};

/// A door's server, or its accepting, is not what it was.
struct DoorNews {
    enum class Kind : std::uint8_t {
        server_lost,      ///< a connection to it failed: its clients are cut off
        server_found,     ///< after that, one was made
        accepting_paused, ///< no connection can be taken, for want of descriptors for example; clients wait
        accepting_again,
    };
    Kind kind = Kind::server_lost;
    std::size_t door = 0;
    std::string why{}; ///< of what is worse than before; for people
};

class Proxy {
public:
    /// What becomes of a connection whose one side has sent its last byte.
    enum class AtEnd : std::uint8_t {
        cut,     ///< it breaks on both sides; what a rule holds back outside of its turn is lost
        pass_on, ///< the other side is told, and may still send
    };
    struct Settings {
        codec::Framing framing;
        /// Called on the proxy's thread; empty for "let everything pass".
        std::function<Treatment(const PassingFrame&)> treat{};
        std::size_t doors = 1; ///< ports to listen on, each with a server's address behind it
        /// Of the first door; nothing: a free port of the loopback, as all other doors.
        std::optional<Address> listen{};
        AtEnd at_end = AtEnd::cut;
        /// Bytes of memory, about, of what has come and not gone on, for each direction of a connection.
        /// While there are more, nothing is read from its sender, who sees what a slow server would let him
        /// see.
        std::size_t held_bytes_max = std::size_t{1} << 20U;
        /// Called on the proxy's thread; may be empty.
        std::function<void(const BrokenStream&)> broken{};
        /// Called on the proxy's thread, once per change and not per connection; may be empty.
        std::function<void(const DoorNews&)> door_news{};
        /// How long a server may take to accept.
        std::chrono::milliseconds connect_limit{10'000};
    };

    /// recording    written by the proxy's thread until the proxy ends; lives longer than the proxy
    /// throws   WireError
    Proxy(Settings settings, Recording& recording);
    /// Keeps nothing of what passes.
    explicit Proxy(Settings settings);
    /// Cuts all connections.
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    [[nodiscard]] Address door(std::size_t number) const;
    /// Where new connections of a door go; nothing: they are closed at once. Thread-safe.
    /// throws   WireError when its host is no IP address
    void lead(std::size_t door, const std::optional<Address>& server);
    /// Breaks every connection there is. Thread-safe.
    void cut_all();
    /// How often a sender had to wait because of held_bytes_max. Thread-safe.
    [[nodiscard]] std::uint64_t sender_waits() const;

private:
    struct Impl;
    Proxy(Settings settings, Recording* recording);

    std::unique_ptr<Impl> impl_;
};

} // namespace sim
