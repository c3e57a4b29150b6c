#pragma once

#include "net/health.hpp"
#include "net/link.hpp"
#include "net/metrics.hpp"

namespace net {

/// What Admin answers: /metrics and the probes of health_page().
/// returns   nothing for another target
[[nodiscard]] std::optional<Page> admin_page(const MetricsSources& sources, std::string_view target);

/// From now on what happens on a link is counted under its name. Its dialect and profile are loaded.
void count_link(NodeCounters& counters, LinkSettings& link);

} // namespace net
