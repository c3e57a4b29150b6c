#include "net/admin_pages.hpp"

namespace net {

std::optional<Page> admin_page(const MetricsSources& sources, std::string_view target)
{
    if (target == "/metrics") return Page{200, "text/plain; version=0.0.4", metrics_text(sources)};
    return health_page(*sources.counters, target);
}

void count_link(NodeCounters& counters, LinkSettings& link)
{
    link.counters = counters.of_link(link.name);
    link.counters->in_flight_limit.set(static_cast<std::int64_t>(link.in_flight));
    link.counters->mti_version = link.translator->own_version({}).version();
}

} // namespace net
