#pragma once

#include "net/link_config.hpp"

#include <chrono>
#include <cstddef>

namespace net {

/// When a session of a link dials which address: round by round through the list, with a pause before every
/// round but the first. The pause doubles from `first` to `max`; it is `first` again after a connection that
/// was up for `max`. No I/O, no clock and no dice of its own.
class BackOff {
public:
    /// addresses  how many there are, at least one
    /// begin_at   the index that the rounds begin at: sessions of one link begin at different ones
    BackOff(const Reconnect& rule, std::size_t addresses, std::size_t begin_at);

    /// The index of the address to dial now.
    [[nodiscard]] std::size_t address() const { return address_; }

    /// An attempt came to nothing, or its connection has ended: how long to wait before the next one.
    /// was_up   how long the link had been up; zero when it never was
    /// random   in [0, 1): the jitter takes up to its share off the pause
    [[nodiscard]] std::chrono::milliseconds ended(std::chrono::milliseconds was_up, double random);

private:
    Reconnect rule_;
    std::size_t addresses_;
    std::size_t address_;
    std::size_t tried_ = 0; ///< of this round
    std::chrono::milliseconds pause_;
};

} // namespace net
