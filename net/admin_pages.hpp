#pragma once

#include "net/health.hpp"
#include "net/metrics.hpp"

namespace net {

/// What Admin answers: /metrics and the probes of health_page().
/// returns   nothing for another target
[[nodiscard]] std::optional<Page> admin_page(const MetricsSources& sources, std::string_view target);

} // namespace net
