/// What two processes say to each other when listening sockets change hands (docs/restart.md), a packet each
/// over a unix socket:
///
///     old  greeting, link names, descriptors                 "go"              ends the connection
///     new                                     "ready"                "taken"
///
/// The old one decides, once: "go" when "ready" has come in time, else "no". Until "taken" has come it serves
/// on whatever happens; the new one takes over at "go", and when the old one has ended without a "no". So
/// whoever of the two dies at any moment, the other one serves; and none of them backs out for want of time
/// when the other may count on it.
#pragma once

#include "net/descriptor.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

namespace net {

/// The unix socket cannot be made, or the process behind it gives nothing.
struct HandoverError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace handover {

inline constexpr std::string_view greeting = "tollgate sockets 2"; ///< then the links' names, a line each
inline constexpr std::size_t sockets_max = 253;                    ///< that one packet can carry
inline constexpr std::size_t packet_bytes_max = 65'536;
using ControlBytes = std::array<char, CMSG_SPACE(sizeof(int) * sockets_max)>;

inline constexpr std::string_view ready = "ready";
inline constexpr std::string_view go = "go";
inline constexpr std::string_view no = "no";
inline constexpr std::string_view taken = "taken";

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what);
[[nodiscard]] Descriptor unix_socket();
/// throws   HandoverError when the path is too long
[[nodiscard]] sockaddr_un address_of(const std::filesystem::path& path);
/// Who may take the sockets, or give them: this user, and the one who may do everything.
[[nodiscard]] bool is_trusted(int connection, pid_t& pid);

/// returns   false when the other one has ended
bool tell(int connection, std::string_view word);
/// What has come; empty: nothing, or the other one has ended.
[[nodiscard]] std::string heard(int connection);
[[nodiscard]] bool has_ended(int connection);

} // namespace handover
} // namespace net
