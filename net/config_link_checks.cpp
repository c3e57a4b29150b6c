// What several keys of a link must be together.

#include "net/config_address.hpp"
#include "net/config_keys.hpp"

#include <algorithm>

namespace net {

using namespace std::chrono_literals;

namespace {

/// What only the other role has; what does nothing by its default may stand there.
void check_role_keys(const LinkConfig& link, ConfigTables& tables)
{
    const bool is_listening = link.role == Role::listen;
    const std::string own = is_listening ? "listen" : "connect";
    const std::string other = is_listening ? "connect" : "listen";
    const auto refuse = [&](const std::string& key) {
        tables.complain(key, "is for role = \"" + other + "\" only");
    };
    if (!tables.has(own)) tables.complain(own, "is required for role = \"" + own + "\"");
    if (tables.has(other)) refuse(other);
    if (is_listening && link.sessions != LinkConfig{}.sessions) refuse("sessions");
    if (!is_listening && tables.has("allow")) refuse("allow");
}

void check_plain_tcp(const LinkConfig& link, ConfigTables& tables)
{
    const bool is_local = std::all_of(link.addresses.begin(), link.addresses.end(),
                                      [](const Endpoint& at) { return is_loopback(at.host); });
    if (!is_local && !link.tls && !link.plain_tcp)
        tables.complain(link.role == Role::listen ? "listen" : "connect", "is beyond loopback without TLS",
                        "add [link.tls], or plain_tcp = true where the way is safe by itself");
    if (link.tls && link.plain_tcp)
        tables.complain("plain_tcp", "and [link.tls] exclude each other", "take one of them away");
}

void check_times(const LinkConfig& link, ConfigTables& tables)
{
    if (link.timing.network_timeout > 0ms && link.timing.decide_deadline() <= 0ms)
        tables.complain(
            "network_timeout",
            "leaves no time to decide: it must be longer than transit_out + transit_in + safety + "
            "undo_budget");
    if (link.reconnect.first > link.reconnect.max)
        tables.complain("reconnect.first",
                        "must not be longer than max (" + toml_duration(link.reconnect.max) + ")");
    if (!link.echo.interval) return;
    if (link.echo.timeout >= *link.echo.interval)
        tables.complain("echo.timeout",
                        "must be shorter than interval (" + toml_duration(*link.echo.interval) + ")");
    if (*link.echo.interval >= link.idle_timeout)
        tables.complain("echo.interval", "must be shorter than idle_timeout (" +
                                             toml_duration(link.idle_timeout) +
                                             "), which would close the connection first");
}

} // namespace

void check_link(const LinkConfig& link, ConfigTables& tables)
{
    check_role_keys(link, tables);
    check_plain_tcp(link, tables);
    check_times(link, tables);
    const std::size_t limit = link.envelope().framing.limit();
    if (tables.has("message_bytes_max") && link.message_bytes_max > limit)
        tables.complain("message_bytes_max",
                        "is more than framing and header can say: " + std::to_string(limit));
    if (link.tls) check_tls(link, tables);
}

} // namespace net
