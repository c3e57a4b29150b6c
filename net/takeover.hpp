#pragma once

#include "net/handover_protocol.hpp"
#include "net/inherited_sockets.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace net {

/// How the listening sockets of a running server come to this one (docs/restart.md). After say_ready() for
/// one thread.
class Takeover : public std::enable_shared_from_this<Takeover> {
public:
    /// Asks the process behind the path, and waits for its sockets.
    /// returns  null when no process is there, or it has died before it gave them
    /// throws   HandoverError when there is one of another user, or it gives nothing
    static std::shared_ptr<Takeover> from(const std::filesystem::path& path);

    [[nodiscard]] InheritedSockets take_sockets() { return std::move(sockets_); }

    /// The first two exclude each other.
    struct Calls {
        std::function<void()> on_ours;    ///< from now on it is for us to serve
        std::function<void()> on_refused; ///< the running process has given up waiting, and serves on
        std::function<void()> on_alone;   ///< it is ours, and the other process has let go, or ended
    };
    /// We serve, as the other one still does: who goes on is for it to say.
    void say_ready(const boost::asio::any_io_executor& executor, Calls calls);
    /// Nothing is called any more. The other one serves on, unless it has let go.
    void stop();

private:
    Takeover() = default;
    bool receive_sockets(const std::filesystem::path& path);
    boost::asio::awaitable<void> wait_for_word();

    Descriptor connection_;
    InheritedSockets sockets_;
    Calls calls_;
    std::optional<boost::asio::posix::stream_descriptor> other_;
};

} // namespace net
