#pragma once

#include "net/handover_protocol.hpp"
#include "net/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace net {

/// Where the process after this one gets the listening sockets (docs/restart.md). Lives on one thread.
class HandoverSocket : public std::enable_shared_from_this<HandoverSocket> {
public:
    struct Offer {
        std::string link;
        int descriptor = -1; ///< stays ours
    };
    struct Calls {
        std::function<std::vector<Offer>()> offers;
        std::function<void(pid_t next)> on_taken_over; ///< at most once
    };

    /// Makes the socket beside `path`, for this user only (mode 0600); start() puts it there.
    /// patience   for a new process to be ready
    /// throws     HandoverError
    HandoverSocket(const boost::asio::any_io_executor& executor, std::filesystem::path path, Calls calls,
                   Log& log, std::chrono::milliseconds patience = std::chrono::seconds{60});
    ~HandoverSocket();
    HandoverSocket(const HandoverSocket&) = delete;
    HandoverSocket& operator=(const HandoverSocket&) = delete;

    /// From now on a new process finds this one, and no longer the one before. Not before that one has let
    /// go: it is to be found as long as it may have to go on.
    void start();
    /// Nobody is served any more.
    void stop();

private:
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<void> hand_over(Descriptor connection);
    boost::asio::awaitable<std::string_view> agree();
    [[nodiscard]] bool offer_sockets(int connection) const;
    void remove_own();

    std::filesystem::path path_;
    std::filesystem::path hidden_; ///< until start()
    Calls calls_;
    Log& log_;
    std::chrono::milliseconds patience_;
    boost::asio::posix::stream_descriptor listening_;
    std::optional<boost::asio::posix::stream_descriptor> next_; ///< while it gets ready
    boost::asio::steady_timer limit_;
    std::uint64_t inode_ = 0; ///< tells our socket from that of a later process
};

} // namespace net
