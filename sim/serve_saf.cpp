#include "sim/serve_saf.hpp"

#include <algorithm>

namespace sim {

StoreAndForward::StoreAndForward(Settings settings) : settings_(std::move(settings)), queues_(settings_.links)
{
}

void StoreAndForward::add(std::size_t link, StoredMessage message)
{
    queues_.at(link).messages.push_back(std::move(message));
    ++size_;
}

const Bytes* StoreAndForward::due(std::size_t link, Clock::time_point now) const
{
    const Queue& queue = queues_.at(link);
    if (queue.messages.empty() || now < queue.next) return nullptr;
    const StoredMessage& message = queue.messages.front();
    return queue.tries == 0 ? &message.first : &message.repeat;
}

void StoreAndForward::sent(std::size_t link, Clock::time_point now)
{
    Queue& queue = queues_.at(link);
    queue.next = now + settings_.pauses[std::min(queue.tries, settings_.pauses.size() - 1)];
    if (queue.tries++ > 0) ++repeats_;
}

void StoreAndForward::hurry()
{
    for (Queue& queue : queues_) queue.next = Clock::time_point::min();
}

StoreAndForward::Acknowledged StoreAndForward::acknowledge(const std::string& answer_name)
{
    for (Queue& queue : queues_) {
        if (queue.tries == 0 || queue.messages.empty() || queue.messages.front().answer_name != answer_name)
            continue;
        const Acknowledged acknowledged{true, queue.messages.front().transaction};
        queue.messages.pop_front();
        queue.tries = 0;
        queue.next = Clock::time_point::min();
        --size_;
        return acknowledged;
    }
    return {};
}

bool StoreAndForward::is_under_way(const std::string& answer_name) const
{
    return std::any_of(queues_.begin(), queues_.end(), [&](const Queue& queue) {
        return queue.tries > 0 && !queue.messages.empty() &&
               queue.messages.front().answer_name == answer_name;
    });
}

} // namespace sim
