#pragma once

#include "net/tls_session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>

namespace net {

/// One thread that does the arithmetic of TLS handshakes, a few tenths of a millisecond for each. Who begins
/// many of them keeps other handshakes waiting, but nobody's messages. Steps are done in the order in which
/// they were asked for. The thread gives way to all others.
class Handshaker {
public:
    Handshaker();
    /// Steps that have not begun are dropped, and with them the coroutines that wait for them.
    ~Handshaker();
    Handshaker(const Handshaker&) = delete;
    Handshaker& operator=(const Handshaker&) = delete;

    /// Goes on with a handshake by what the session has received. The caller waits on its own executor, and
    /// nobody else may touch the session, or what it has received, meanwhile.
    /// executor   the caller's
    boost::asio::awaitable<void> go_on(TlsSession& session, boost::asio::any_io_executor executor);

    /// So many steps wait that nobody should let more peers in: they wait better where they cost nothing,
    /// before they are accepted, than with a deadline and a place among the handshakes under way.
    [[nodiscard]] bool is_behind() const { return waiting_ >= behind_at; }
    /// Waits until all that was asked for so far is done.
    boost::asio::awaitable<void> catch_up(boost::asio::any_io_executor executor);

    static constexpr std::size_t behind_at = 16;

private:
    boost::asio::awaitable<void> do_step(std::function<void()> step, boost::asio::any_io_executor executor);

    std::atomic<std::size_t> waiting_{0}; ///< asked for and not done
    boost::asio::thread_pool thread_{1};
};

} // namespace net
