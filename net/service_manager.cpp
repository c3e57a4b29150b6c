#include "net/service_manager.hpp"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace net {

namespace {

constexpr int first_socket = 3;

std::string environment(const char* name)
{
    const char* value = std::getenv(name);
    return value ? value : "";
}

int number_in(const std::string& text)
{
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

/// Up to the next colon, which is taken, too.
std::string next_name(std::string& names)
{
    const auto colon = names.find(':');
    std::string name = names.substr(0, colon);
    names.erase(0, colon == std::string::npos ? colon : colon + 1);
    return name;
}

} // namespace

void tell_service_manager(std::string_view state)
{
    const std::string path = environment("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return;
    path.copy(address.sun_path, path.size());
    if (path.front() == '@') address.sun_path[0] = '\0'; // a name that is in no folder
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket)
        ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
}

std::string reloading_now()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return "RELOADING=1\nMONOTONIC_USEC=" +
           std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

InheritedSockets sockets_of_service_manager()
{
    InheritedSockets sockets;
    const bool is_for_us = number_in(environment("LISTEN_PID")) == ::getpid();
    const int count = is_for_us ? number_in(environment("LISTEN_FDS")) : 0;
    std::string names = environment("LISTEN_FDNAMES");
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    for (int i = 0; i < count; ++i) (void)sockets.add(Descriptor(first_socket + i), next_name(names));
    return sockets;
}

} // namespace net
