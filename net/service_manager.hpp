/// What a service manager (systemd) and this process tell each other, without a library: sockets come in by
/// numbers in the environment, states go out as datagrams.
#pragma once

#include "net/inherited_sockets.hpp"

#include <string_view>

namespace net {

/// Tells the service manager a state: "READY=1", "STOPPING=1", "RELOADING=1\nMONOTONIC_USEC=..." Nothing
/// happens when nobody wants to know (no NOTIFY_SOCKET), or cannot be told.
/// source   sd_notify(3)
void tell_service_manager(std::string_view state);

/// The moment that a reload began has to be told with it.
[[nodiscard]] std::string reloading_now();

/// The sockets that the service manager has bound for this process. They are taken out of the environment: a
/// second call finds none.
/// source   sd_listen_fds(3)
[[nodiscard]] InheritedSockets sockets_of_service_manager();

} // namespace net
