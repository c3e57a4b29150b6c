// The part of Connection that ends it without harm to what is under way (docs/restart.md).
#include "net/connection.hpp"
#include "net/wall_clock.hpp"

#include <algorithm>
#include <utility>

namespace net {

namespace {

constexpr std::chrono::seconds linger{1}; ///< for the peer's end of an orderly close

} // namespace

void Connection::drain(const Farewell& farewell)
{
    if (std::exchange(farewell_, farewell) || is_closing_) return;
    if (!is_open_) {
        tls_deadline_ = std::min(tls_deadline_, farewell.handshakes);
        return arm(tls_deadline_);
    }
    link_.drain({std::chrono::steady_clock::now(), wall_clock()}, farewell);
    obey();
}

/// Looks into the kernel, too: what has come is answered.
Traffic Connection::unread() const
{
    boost::system::error_code error;
    return has_unseen_input_ || record_began_ || socket_.available(error) > 0 ? Traffic::some : Traffic::none;
}

/// Everything has left. Ending our side first lets it arrive even if input is left unread.
void Connection::end_output()
{
    boost::system::error_code error;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
    if (error || has_peer_ended_) return abandon("peer_gone");
    has_flushed_ = true;
    stall_deadline_ = std::chrono::steady_clock::now() + linger;
    arm(stall_deadline_);
}

/// Flushing, or flushed: what still comes is not looked at, but it is read, so that no reset of ours
/// overtakes the answers. Who goes on sending at a drain is read to its end.
bool Connection::passes_over(const boost::system::error_code& error)
{
    if (!is_closing_ || error) return false;
    if (has_flushed_ && farewell_) stall_deadline_ = std::chrono::steady_clock::now() + linger;
    return true;
}

} // namespace net
