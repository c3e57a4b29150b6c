#include "net/handover_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstring>

#include <sys/stat.h>

namespace net {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{100};

std::uint64_t inode_of(const fs::path& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

} // namespace

HandoverSocket::HandoverSocket(const asio::any_io_executor& executor, fs::path path, Calls calls, Log& log,
                               std::chrono::milliseconds patience)
    : path_(std::move(path)), hidden_(path_.string() + "." + std::to_string(::getpid())),
      calls_(std::move(calls)), log_(log), patience_(patience), listening_(executor), limit_(executor)
{
    Descriptor socket = handover::unix_socket();
    const sockaddr_un address = handover::address_of(hidden_);
    (void)handover::address_of(path_);
    ::unlink(hidden_.c_str());
    // The mode of the socket itself is that of its file from the first moment on.
    const bool is_bound =
        socket && ::fchmod(socket.get(), S_IRUSR | S_IWUSR) == 0 &&
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (!is_bound || ::listen(socket.get(), 8) != 0) {
        const std::string why = std::strerror(errno);
        if (is_bound) ::unlink(hidden_.c_str());
        handover::fail(path_, why);
    }
    inode_ = inode_of(hidden_);
    listening_.assign(socket.release());
    listening_.non_blocking(true);
}

HandoverSocket::~HandoverSocket()
{
    remove_own();
}

void HandoverSocket::start()
{
    if (::rename(hidden_.c_str(), path_.c_str()) != 0) {
        const std::string why = std::strerror(errno);
        log_.error("handover_unavailable", {{"why", why}});
        return stop();
    }
    asio::co_spawn(
        listening_.get_executor(), [self = shared_from_this()] { return self->serve(); }, asio::detached);
}

void HandoverSocket::stop()
{
    remove_own();
    boost::system::error_code ignored;
    listening_.close(ignored);
    if (next_) next_->close(ignored);
    limit_.cancel();
}

/// A later process may have put its own socket there.
void HandoverSocket::remove_own()
{
    for (const fs::path& place : {hidden_, path_})
        if (inode_ != 0 && inode_of(place) == inode_) ::unlink(place.c_str());
}

asio::awaitable<void> HandoverSocket::serve()
{
    while (listening_.is_open()) {
        const auto [error] =
            co_await listening_.async_wait(asio::posix::stream_descriptor::wait_read, as_result);
        if (error || !listening_.is_open()) co_return;
        Descriptor connection(
            ::accept4(listening_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (connection) {
            co_await hand_over(std::move(connection));
        } else { // no descriptor is left, and who asks waits in the queue: it would be readable again at once
            limit_.expires_after(accept_pause);
            co_await limit_.async_wait(as_result);
        }
    }
}

asio::awaitable<void> HandoverSocket::hand_over(Descriptor connection)
{
    pid_t pid = 0;
    if (!handover::is_trusted(connection.get(), pid)) {
        log_.warning("handover_refused", {{"pid", pid}, {"why", "another user"}});
        co_return;
    }
    log_.info("handover_begun", {{"pid", pid}});
    if (!offer_sockets(connection.get())) {
        const std::string why = std::strerror(errno);
        log_.error("handover_failed", {{"pid", pid}, {"why", why}});
        co_return;
    }
    next_.emplace(listening_.get_executor(), connection.release());
    const std::string_view failure = co_await agree();
    if (!listening_.is_open()) co_return; // we end anyway, and the other one sees it
    if (failure.empty()) {
        stop();
        calls_.on_taken_over(pid);
    } else {
        next_.reset();
        log_.warning("handover_failed", {{"pid", pid}, {"why", failure}});
    }
}

/// Whatever time it is, what has been heard decides: "ready" may come with the end of our patience.
/// returns   why we go on; empty: the other one has taken over
asio::awaitable<std::string_view> HandoverSocket::agree()
{
    const auto wait = asio::posix::stream_descriptor::wait_read;
    limit_.expires_after(patience_);
    limit_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self && self->next_) self->next_->cancel();
    });
    co_await next_->async_wait(wait, as_result);
    limit_.cancel();
    if (!next_->is_open()) co_return "";
    const int other = next_->native_handle();
    if (handover::heard(other) != handover::ready) {
        handover::tell(other, handover::no);
        co_return "it was never ready";
    }
    if (!handover::tell(other, handover::go)) co_return "it has ended";
    for (bool is_taken = false; !is_taken;) { // the end of our patience may still wake us
        co_await next_->async_wait(wait, as_result);
        if (!next_->is_open()) co_return "";
        is_taken = handover::heard(other) == handover::taken;
        if (handover::has_ended(other)) co_return "it has ended";
    }
    co_return "";
}

bool HandoverSocket::offer_sockets(int connection) const
{
    std::string text(handover::greeting);
    std::vector<int> numbers;
    for (const Offer& offer : calls_.offers()) {
        text += '\n' + offer.link;
        numbers.push_back(offer.descriptor);
    }
    errno = EMSGSIZE;
    if (numbers.size() > handover::sockets_max || text.size() > handover::packet_bytes_max) return false;
    alignas(cmsghdr) handover::ControlBytes control{};
    iovec piece{text.data(), text.size()};
    msghdr packet{};
    packet.msg_iov = &piece;
    packet.msg_iovlen = 1;
    if (!numbers.empty()) {
        const std::size_t bytes = numbers.size() * sizeof(int);
        packet.msg_control = control.data();
        packet.msg_controllen = CMSG_SPACE(bytes);
        cmsghdr* header = CMSG_FIRSTHDR(&packet);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(bytes);
        std::memcpy(CMSG_DATA(header), numbers.data(), bytes);
    }
    return ::sendmsg(connection, &packet, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

} // namespace net
