#include "net/admin_pages.hpp"

namespace net {

std::optional<Page> admin_page(const MetricsSources& sources, std::string_view target)
{
    if (target == "/metrics") return Page{200, "text/plain; version=0.0.4", metrics_text(sources)};
    return health_page(*sources.counters, target);
}

} // namespace net
