#pragma once

#include "net/node_counters.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace net {

/// An answer over HTTP.
struct Page {
    unsigned status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
};

/// The probes (OPERATIONS 8.3): "ok" and 200, or 503. With "?verbose" a line per check; links are told there
/// and change nothing: a network that is away must not take this node out of rotation.
///
///     /livez      the I/O thread has looked at its sockets within 5 s
///     /readyz     started, listening, not draining, and the store commits
///     /startupz   started once
///
/// returns   nothing for another target
[[nodiscard]] std::optional<Page> health_page(const NodeCounters& counters, std::string_view target);

} // namespace net
