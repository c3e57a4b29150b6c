/// The MACs of a connection's messages: put into what is sent, looked at in what comes. No I/O.
#pragma once

#include "codec/mac.hpp"
#include "sim/wire.hpp"

#include <memory>
#include <span>

namespace sim {

/// May be used by several threads at a time.
class MessageSeal {
public:
    MessageSeal(std::shared_ptr<const codec::Dialect> dialect, std::shared_ptr<const codec::MessageMac> mac)
        : dialect_(std::move(dialect)), mac_(std::move(mac))
    {
    }

    /// Network management has no MAC, as by the profiles' default (`covers_management`).
    [[nodiscard]] static bool covers(const codec::Message& message)
    {
        return message.mti().message_class() != '8';
    }

    /// message  from the MTI on
    /// returns  it with its MAC; unchanged when it is none of the dialect, or not covered
    [[nodiscard]] Bytes sealed(std::span<const std::uint8_t> message) const;

    enum class Verdict : std::uint8_t {
        good,
        without, ///< it needs none, or is no message of the dialect
        wrong,   ///< or missing
    };
    [[nodiscard]] Verdict verify(std::span<const std::uint8_t> message) const;

private:
    std::shared_ptr<const codec::Dialect> dialect_;
    std::shared_ptr<const codec::MessageMac> mac_;
};

} // namespace sim
