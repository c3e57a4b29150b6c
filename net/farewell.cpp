#include "net/farewell.hpp"

#include <algorithm>

namespace net {

namespace {

/// Long enough for what was sent before our sign-off was read, over any line.
constexpr std::chrono::milliseconds quiet_max{500};
constexpr std::chrono::milliseconds handshakes_max{2'000};

} // namespace

Farewell Farewell::within(MonoTime now, std::chrono::milliseconds time)
{
    return {std::min(quiet_max, time / 8),
            now + std::min(handshakes_max, time / 4),
            now + time / 2,
            now + time * 5 / 8,
            {}};
}

Farewell Farewell::in_turn_within(MonoTime now, std::chrono::milliseconds time)
{
    Farewell farewell = within(now, time);
    farewell.spread = time / 8;
    return farewell;
}

void Leaving::look(MonoTime now, MonoTime heard, Traffic traffic)
{
    const bool is_at_rest = traffic == Traffic::none && traffic_ == Traffic::none;
    active_ = is_at_rest ? std::max(active_, heard) : now; // what has just ended was no rest
    traffic_ = traffic;
    looked_ = now;
    const bool may_rest = now >= plan_.first_rest || now >= active_ + plan_.quiet;
    if (now >= plan_.last_call || (traffic == Traffic::none && may_rest)) is_over_ = true;
}

MonoTime Leaving::deadline() const
{
    if (is_over_) return MonoTime::max();
    const MonoTime rest = traffic_ == Traffic::none ? active_ + plan_.quiet : MonoTime::max();
    return std::min(rest, looked_ < plan_.first_rest ? plan_.first_rest : plan_.last_call);
}

} // namespace net
