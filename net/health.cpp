#include "net/health.hpp"

#include <string>

namespace net {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds beat_max{5};
constexpr std::chrono::seconds failing_max{2}; ///< one lock that is not had in time is no outage

enum class Detail : std::uint8_t { none, verbose };

struct Check {
    std::string_view name;
    bool is_good = false;
    std::string detail;
};

std::string milliseconds(std::chrono::nanoseconds time)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) + " ms";
}

Check io_thread(const NodeCounters& counters)
{
    const auto age = counters.health.since_last_beat(Clock::now());
    return {"io_thread", age <= beat_max, "last beat " + milliseconds(age) + " ago"};
}

Check started(const NodeCounters& counters)
{
    return {"started", counters.health.is_started.load(), ""};
}

/// Every address that the configuration names; a node whose links all dial has none.
Check listening(const NodeCounters& counters)
{
    const std::size_t wanted = counters.health.links_to_listen.load();
    const std::size_t links = counters.health.links_listening.load();
    const bool has_links = wanted > 0 || !counters.links().empty();
    return {"listening", has_links && links == wanted,
            std::to_string(links) + " of " + std::to_string(wanted) + " links"};
}

Check not_draining(const NodeCounters& counters)
{
    return {"not_draining", !counters.health.is_draining.load(), ""};
}

Check store(const NodeCounters& counters)
{
    const auto failing = counters.queue->failing_for();
    const bool is_good = !failing || *failing <= failing_max;
    return {"store", is_good, failing ? "nothing committed for " + milliseconds(*failing) : "commits"};
}

using CheckFunction = Check (*)(const NodeCounters&);
constexpr CheckFunction live[] = {io_thread};
constexpr CheckFunction ready[] = {started, listening, not_draining, store};
constexpr CheckFunction start_up[] = {started};

struct Probe {
    std::string_view path;
    std::span<const CheckFunction> checks;
};
constexpr Probe probes[] = {{"/livez", live}, {"/readyz", ready}, {"/startupz", start_up}};

std::string link_lines(const NodeCounters& counters)
{
    std::string text;
    for (const auto& link : counters.links()) {
        const auto open = link->connections[static_cast<std::size_t>(ConnectionState::open)].value();
        text += "[i] link " + link->link + ": " + std::to_string(open) + " connections, " +
                (link->signed_on.value() > 0 ? "signed on" : "not signed on") + "\n";
    }
    return text;
}

Page page_of(const Probe& probe, const NodeCounters& counters, Detail detail)
{
    Page page;
    std::string lines;
    for (const CheckFunction check : probe.checks) {
        const Check result = check(counters);
        if (!result.is_good) page.status = 503;
        lines += (result.is_good ? "[+] " : "[-] ") + std::string(result.name) +
                 (result.detail.empty() ? "" : ": " + result.detail) + "\n";
    }
    if (detail == Detail::verbose) page.body = lines + link_lines(counters);
    page.body += page.status == 200 ? "ok\n" : "failed\n";
    return page;
}

} // namespace

std::optional<Page> health_page(const NodeCounters& counters, std::string_view target)
{
    const std::size_t query = target.find('?');
    const std::string_view path = target.substr(0, query);
    const bool is_verbose = query != std::string_view::npos && target.substr(query + 1) == "verbose";
    const auto detail = is_verbose ? Detail::verbose : Detail::none;
    for (const Probe& probe : probes)
        if (probe.path == path) return page_of(probe, counters, detail);
    return std::nullopt;
}

} // namespace net
