#include "net/handover_protocol.hpp"

#include <cerrno>

#include <unistd.h>

namespace net::handover {

void fail(const std::filesystem::path& path, const std::string& what)
{
    throw HandoverError("handover_socket " + path.string() + ": " + what);
}

Descriptor unix_socket()
{
    return Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

sockaddr_un address_of(const std::filesystem::path& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string text = path.string();
    if (text.size() >= sizeof address.sun_path) fail(path, "the path is too long");
    text.copy(address.sun_path, text.size());
    return address;
}

bool is_trusted(int connection, pid_t& pid)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    pid = peer.pid;
    return peer.uid == ::geteuid() || peer.uid == 0;
}

bool tell(int connection, std::string_view word)
{
    return ::send(connection, word.data(), word.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(word.size());
}

/// Who ends without having read our last word resets the connection: that is told once, in front of what the
/// other one has said before.
std::string heard(int connection)
{
    std::array<char, 16> word{};
    ssize_t size = ::recv(connection, word.data(), word.size(), MSG_DONTWAIT);
    if (size < 0 && errno == ECONNRESET) size = ::recv(connection, word.data(), word.size(), MSG_DONTWAIT);
    return size > 0 ? std::string(word.data(), static_cast<std::size_t>(size)) : std::string{};
}

bool has_ended(int connection)
{
    char byte = 0;
    const ssize_t size = ::recv(connection, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

} // namespace net::handover
