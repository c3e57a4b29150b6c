#pragma once

#include "net/log.hpp"
#include "net/node_counters.hpp"

#include <functional>
#include <string>

namespace net {

/// Where the figures come from. All of it is read at each scrape, on the thread that asks; nothing is kept.
struct MetricsSources {
    std::shared_ptr<const NodeCounters> counters;
    const Log* log = nullptr;
    std::function<std::size_t()> queue_records; ///< requests and reversals waiting; thread-safe
};

/// Every metric in the text format of Prometheus, as docs/metrics.md lists them. A series of messages,
/// requests or refusals appears with its first event, so that what never happens costs nothing.
[[nodiscard]] std::string metrics_text(const MetricsSources& sources);

} // namespace net
