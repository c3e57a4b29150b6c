/// How the listening sockets of a running server come to the next one (docs/restart.md). One packet each way
/// over a unix socket: descriptors and link names to the new process, "ready" from it. Only then the old one
/// lets go; if the new one ends before, nothing has happened.
#pragma once

#include "net/inherited_sockets.hpp"
#include "net/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace net {

/// The unix socket cannot be made, or the process behind it gives nothing.
struct HandoverError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The side of the process that has the sockets. Lives on one thread.
class HandoverSocket : public std::enable_shared_from_this<HandoverSocket> {
public:
    static constexpr std::chrono::seconds patience{60}; ///< for a new process to be ready
    static constexpr std::size_t sockets_max = 253;     ///< that one packet can carry

    struct Offer {
        std::string link;
        int descriptor = -1; ///< stays ours
    };
    struct Calls {
        std::function<std::vector<Offer>()> offers;
        std::function<void(pid_t next)> on_taken_over; ///< at most once
    };

    /// Makes the socket beside `path`, for this user only (mode 0600); start() puts it there.
    /// throws   HandoverError
    HandoverSocket(const boost::asio::any_io_executor& executor, std::filesystem::path path, Calls calls,
                   Log& log);
    ~HandoverSocket();
    HandoverSocket(const HandoverSocket&) = delete;
    HandoverSocket& operator=(const HandoverSocket&) = delete;

    /// From now on a new process finds this one, and no longer the one before.
    void start();
    /// Nobody is served any more.
    void stop();

private:
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<void> hand_over(Descriptor connection);
    [[nodiscard]] bool offer_sockets(int connection) const;
    void remove_own();

    std::filesystem::path path_;
    std::filesystem::path hidden_; ///< until start()
    Calls calls_;
    Log& log_;
    boost::asio::posix::stream_descriptor listening_;
    std::unique_ptr<boost::asio::posix::stream_descriptor> next_; ///< while it gets ready
    boost::asio::steady_timer limit_;
    std::uint64_t inode_ = 0; ///< tells our socket from that of a later process
};

/// The side of the process that wants them.
class Takeover {
public:
    /// Asks the process behind the path, and waits for its sockets.
    /// returns  nothing when no process is there
    /// throws   HandoverError when there is one of another user, or it gives nothing
    static std::optional<Takeover> from(const std::filesystem::path& path);

    [[nodiscard]] InheritedSockets take_sockets() { return std::move(sockets_); }
    /// We serve: the other one may let go.
    /// False: the running process has given up waiting, and serves on.
    [[nodiscard]] bool say_ready();

private:
    Descriptor connection_;
    InheritedSockets sockets_;
};

} // namespace net
