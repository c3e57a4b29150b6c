#include "net/handover_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace net {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view greeting = "tollgate sockets 1"; ///< then the links' names, a line each
constexpr std::string_view ready = "ready";
constexpr timeval answer_max{10, 0}; ///< for the old process to give its sockets
constexpr std::size_t packet_bytes_max = 65'536;
constexpr std::chrono::milliseconds accept_pause{100};

Descriptor unix_socket()
{
    return Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

[[noreturn]] void fail(const fs::path& path, const std::string& what)
{
    throw HandoverError("handover_socket " + path.string() + ": " + what);
}

sockaddr_un address_of(const fs::path& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string text = path.string();
    if (text.size() >= sizeof address.sun_path) fail(path, "the path is too long");
    text.copy(address.sun_path, text.size());
    return address;
}

std::uint64_t inode_of(const fs::path& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

/// Who may take the sockets, or give them: this user, and the one who may do everything.
bool is_trusted(int connection, pid_t& pid)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    pid = peer.pid;
    return peer.uid == ::geteuid() || peer.uid == 0;
}

using ControlBytes = std::array<char, CMSG_SPACE(sizeof(int) * HandoverSocket::sockets_max)>;

} // namespace

// --- the process that has them
// -------------------------------------------------------------------------------------

HandoverSocket::HandoverSocket(const asio::any_io_executor& executor, fs::path path, Calls calls, Log& log)
    : path_(std::move(path)), hidden_(path_.string() + "." + std::to_string(::getpid())),
      calls_(std::move(calls)), log_(log), listening_(executor), limit_(executor)
{
    Descriptor socket = unix_socket();
    const sockaddr_un address = address_of(hidden_);
    (void)address_of(path_);
    ::unlink(hidden_.c_str());
    // The mode of the socket itself is that of its file from the first moment on.
    const bool is_bound =
        socket && ::fchmod(socket.get(), S_IRUSR | S_IWUSR) == 0 &&
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (!is_bound || ::listen(socket.get(), 8) != 0) {
        const std::string why = std::strerror(errno);
        if (is_bound) ::unlink(hidden_.c_str());
        fail(path_, why);
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
    if (!is_trusted(connection.get(), pid)) {
        log_.warning("handover_refused", {{"pid", pid}, {"why", "another user"}});
        co_return;
    }
    log_.info("handover_begun", {{"pid", pid}});
    if (!offer_sockets(connection.get())) {
        const std::string why = std::strerror(errno);
        log_.error("handover_failed", {{"pid", pid}, {"why", why}});
        co_return;
    }
    next_ = std::make_unique<asio::posix::stream_descriptor>(listening_.get_executor(), connection.release());
    limit_.expires_after(patience);
    limit_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self && self->next_) self->next_->cancel();
    });
    const auto [error] = co_await next_->async_wait(asio::posix::stream_descriptor::wait_read, as_result);
    std::array<char, ready.size()> said{};
    const bool is_ready =
        !error &&
        ::recv(next_->native_handle(), said.data(), said.size(), 0) == static_cast<ssize_t>(said.size()) &&
        std::string_view(said.data(), said.size()) == ready;
    limit_.cancel();
    next_ = nullptr;
    if (!listening_.is_open()) co_return;
    if (is_ready) {
        stop();
        calls_.on_taken_over(pid);
    } else {
        log_.warning("handover_failed", {{"pid", pid}, {"why", "it was never ready"}});
    }
}

bool HandoverSocket::offer_sockets(int connection) const
{
    std::string text(greeting);
    std::vector<int> numbers;
    for (const Offer& offer : calls_.offers()) {
        text += '\n' + offer.link;
        numbers.push_back(offer.descriptor);
    }
    errno = EMSGSIZE;
    if (numbers.size() > sockets_max || text.size() > packet_bytes_max) return false;
    alignas(cmsghdr) ControlBytes control{};
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

// --- the process that wants them
// -----------------------------------------------------------------------------------

namespace {

/// Every descriptor of the packet has an owner at once.
std::vector<Descriptor> descriptors_in(msghdr& packet)
{
    std::vector<Descriptor> found;
    for (cmsghdr* header = CMSG_FIRSTHDR(&packet); header; header = CMSG_NXTHDR(&packet, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        std::vector<int> numbers((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        std::memcpy(numbers.data(), CMSG_DATA(header), numbers.size() * sizeof(int));
        for (const int number : numbers) found.emplace_back(number);
    }
    return found;
}

std::vector<std::string> lines_of(std::string_view text)
{
    std::vector<std::string> lines;
    for (;;) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return lines;
        text.remove_prefix(end + 1);
    }
}

} // namespace

std::optional<Takeover> Takeover::from(const fs::path& path)
{
    Takeover takeover;
    takeover.connection_ = unix_socket();
    const sockaddr_un address = address_of(path);
    const int connection = takeover.connection_.get();
    if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) return std::nullopt; // a socket that a crash has left
        fail(path, std::strerror(errno));
    }
    pid_t pid = 0;
    if (!is_trusted(connection, pid)) fail(path, "belongs to another user");
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &answer_max, sizeof answer_max);
    std::vector<char> text(packet_bytes_max);
    alignas(cmsghdr) ControlBytes control{};
    iovec piece{text.data(), text.size()};
    msghdr packet{};
    packet.msg_iov = &piece;
    packet.msg_iovlen = 1;
    packet.msg_control = control.data();
    packet.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(connection, &packet, MSG_CMSG_CLOEXEC);
    if (size <= 0) fail(path, "the running process gives no sockets");
    std::vector<Descriptor> descriptors = descriptors_in(packet);
    const auto lines = lines_of({text.data(), static_cast<std::size_t>(size)});
    if (lines.front() != greeting || lines.size() != descriptors.size() + 1)
        fail(path, "the running process speaks another version");
    for (std::size_t i = 0; i < descriptors.size(); ++i)
        (void)takeover.sockets_.add(std::move(descriptors[i]), lines[i + 1]);
    return takeover;
}

void Takeover::say_ready()
{
    ::send(connection_.get(), ready.data(), ready.size(), MSG_NOSIGNAL);
    connection_ = Descriptor();
}

} // namespace net
