#include "net/control_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace net {

namespace fs = std::filesystem;

namespace {

constexpr int client_patience_ms = 5'000; ///< for a line, and for the answer to be taken
constexpr int accept_pause_ms = 100;      ///< no descriptor is left

[[noreturn]] void fail(const fs::path& path, const std::string& what)
{
    throw ControlError("control_socket " + path.string() + ": " + what);
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

/// The file's mode keeps others away already, unless somebody has changed it.
bool is_trusted(int client)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == ::geteuid() || peer.uid == 0);
}

} // namespace

ControlSocket::ControlSocket(fs::path path, Answer answer, Log& log)
    : path_(std::move(path)), hidden_(path_.string() + "." + std::to_string(::getpid())),
      answer_(std::move(answer)), log_(log),
      listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      stopping_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    const sockaddr_un address = address_of(hidden_);
    ::unlink(hidden_.c_str());
    // The mode of the socket itself is that of its file from the first moment on.
    const bool is_bound =
        listening_ && stopping_ && ::fchmod(listening_.get(), S_IRUSR | S_IWUSR) == 0 &&
        ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (!is_bound || ::listen(listening_.get(), 8) != 0) {
        const std::string why = std::strerror(errno);
        if (is_bound) ::unlink(hidden_.c_str());
        fail(path_, why);
    }
    inode_ = inode_of(hidden_);
}

ControlSocket::~ControlSocket()
{
    stop();
}

void ControlSocket::start()
{
    if (::rename(hidden_.c_str(), path_.c_str()) == 0) {
        thread_ = std::thread([this] { serve(); });
    } else {
        const std::string why = std::strerror(errno);
        log_.error("control_unavailable", {{"why", why}});
    }
}

void ControlSocket::stop()
{
    remove_own();
    (void)::eventfd_write(stopping_.get(), 1);
    if (thread_.joinable()) thread_.join();
}

/// A later process may have put its own socket there.
void ControlSocket::remove_own() const
{
    for (const fs::path& place : {hidden_, path_})
        if (inode_ != 0 && inode_of(place) == inode_) ::unlink(place.c_str());
}

ControlSocket::Wait ControlSocket::wait_for(int descriptor, int timeout_ms) const
{
    std::array<pollfd, 2> both{pollfd{stopping_.get(), POLLIN, 0}, pollfd{descriptor, POLLIN, 0}};
    for (;;) {
        const int ready = ::poll(both.data(), both.size(), timeout_ms);
        if (ready < 0 && errno == EINTR) continue;
        if (both[0].revents != 0) return Wait::stopping;
        return ready > 0 ? Wait::readable : Wait::timed_out;
    }
}

void ControlSocket::serve()
{
    while (wait_for(listening_.get(), -1) != Wait::stopping) {
        const Descriptor client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) {
            if (wait_for(-1, accept_pause_ms) == Wait::stopping) return; // it would be readable again at once
        } else if (is_trusted(client.get())) {
            serve(client);
        } else {
            log_.warning("control_refused", {{"why", "another user"}});
        }
    }
}

void ControlSocket::serve(const Descriptor& client)
{
    std::string line;
    while (line.find('\n') == std::string::npos) {
        std::array<char, 1'024> piece{};
        if (line.size() > line_bytes_max || wait_for(client.get(), client_patience_ms) != Wait::readable)
            return;
        const ssize_t size = ::recv(client.get(), piece.data(), piece.size(), MSG_DONTWAIT);
        if (size <= 0) return;
        line.append(piece.data(), static_cast<std::size_t>(size));
    }
    const std::string said = answer_(std::string_view(line).substr(0, line.find('\n'))) + '\n';
    constexpr timeval patience{client_patience_ms / 1'000, 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    for (std::string_view rest = said; !rest.empty();) {
        const ssize_t size = ::send(client.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(size));
    }
}

} // namespace net
