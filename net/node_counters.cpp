#include "net/node_counters.hpp"

namespace net {

void QueueCounters::ended(authz::BatchEnd end, std::size_t requests, std::chrono::steady_clock::duration took,
                          std::chrono::steady_clock::time_point now)
{
    std::int64_t none = 0;
    switch (end) {
    case authz::BatchEnd::committed:
        batch_records.add(static_cast<std::int64_t>(requests));
        commit_us.add(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
        failing_since_ns_.store(0, std::memory_order_relaxed);
        return;
    case authz::BatchEnd::gate_closed:
        return;
    case authz::BatchEnd::poisoned: // the database is there, and says no
        poisoned.add();
        failing_since_ns_.store(0, std::memory_order_relaxed);
        return;
    case authz::BatchEnd::retry:
        retried.add();
        break;
    case authz::BatchEnd::in_doubt:
        in_doubt.add();
        break;
    }
    failing_since_ns_.compare_exchange_strong(none, now.time_since_epoch().count());
}

std::optional<std::chrono::nanoseconds> QueueCounters::failing_for() const
{
    const std::int64_t since = failing_since_ns_.load(std::memory_order_relaxed);
    if (since == 0) return std::nullopt;
    return std::chrono::steady_clock::now().time_since_epoch() - std::chrono::nanoseconds(since);
}

std::shared_ptr<LinkCounters> NodeCounters::of_link(const std::string& name) const
{
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(name);
    return found == links_.end() ? std::make_shared<LinkCounters>(name, times) : found->second;
}

void NodeCounters::show(const std::shared_ptr<LinkCounters>& counters)
{
    const std::lock_guard lock(mutex_);
    links_[counters->link] = counters;
}

std::vector<std::shared_ptr<LinkCounters>> NodeCounters::links() const
{
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<LinkCounters>> all;
    for (const auto& [name, counters] : links_) all.push_back(counters);
    return all;
}

} // namespace net
