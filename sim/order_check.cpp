#include "sim/order_check.hpp"

#include "sim/replay_plan.hpp"
#include "sim/rng.hpp"

#include <algorithm>
#include <exception>
#include <numeric>
#include <set>

namespace sim {

namespace {

std::string kind_and_key(const codec::Message& m)
{
    std::string key(m.mti().text().substr(1, 2));
    for (const int de : {11, 7, 41}) key.append("|").append(m.get(de));
    return key;
}

std::string content_of(const codec::Message& m)
{
    std::string content;
    for (const int de : {2, 3, 4, 39, 42, 49, 90, 95}) content.append("|").append(m.get(de));
    return content;
}

bool reverses_a_part(const ReplayRequest& request)
{
    const std::string_view de95 = request.message.get(95);
    return request.role == ReplayRole::reversal && de95.find_first_not_of('0') != std::string_view::npos;
}

/// Nothing is decided by who comes first.
bool is_free(const ReplayTraffic& traffic, const std::vector<std::size_t>& members)
{
    std::map<std::string, std::string> contents;            // by key
    std::map<std::size_t, std::set<std::string>> questions; // by what they ask about
    std::map<std::size_t, std::set<std::string>> advices;
    std::set<std::size_t> reduced;
    for (const std::size_t place : members) {
        const ReplayRequest& request = traffic.requests[place];
        const std::string key = kind_and_key(request.message);
        if (contents.emplace(key, content_of(request.message)).first->second != content_of(request.message))
            return false;
        const std::size_t target = request.target.value_or(request.group);
        if (request.role == ReplayRole::question) questions[target].insert(key);
        if (request.role == ReplayRole::advice) advices[target].insert(content_of(request.message));
        if (reverses_a_part(request)) reduced.insert(target);
    }
    return std::none_of(questions.begin(), questions.end(),
                        [&](const auto& q) { return q.second.size() > 1 || reduced.contains(q.first); }) &&
           std::none_of(advices.begin(), advices.end(), [](const auto& a) { return a.second.size() > 1; });
}

/// Two plays of the same messages: as captured, and as `order` has them.
class Differ {
public:
    explicit Differ(CheckedBooks& books) : books_(books) {}

    [[nodiscard]] bool differs(const SendOrder& order)
    {
        SendOrder captured = order;
        std::sort(captured.begin(), captured.end());
        if (captured == order) return false;
        auto states = books_.play({captured, order});
        if (states[0] == states[1]) return false;
        found_ = OrderDifference{0, order, std::move(states[0]), std::move(states[1]), {}};
        return true;
    }

    [[nodiscard]] OrderDifference found() && { return std::move(found_); }

private:
    CheckedBooks& books_;
    OrderDifference found_;
};

/// The shortest prefix that differs, when longer ones do, too.
SendOrder shortest_prefix(const SendOrder& order, Differ& differ)
{
    std::size_t same = 0;
    std::size_t different = order.size();
    const auto prefix = [&](std::size_t size) {
        return SendOrder(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(size));
    };
    while (different - same > 1) {
        const std::size_t middle = same + (different - same) / 2;
        (differ.differs(prefix(middle)) ? different : same) = middle;
    }
    return prefix(different);
}

/// Leaves out what can be left out: halves, then smaller pieces, down to single messages.
SendOrder without_the_needless(SendOrder order, Differ& differ)
{
    for (std::size_t piece = std::max<std::size_t>(order.size() / 2, 1);;) {
        bool was_any_needless = false;
        for (std::size_t at = 0; at < order.size();) {
            SendOrder rest = order;
            const auto begin = rest.begin() + static_cast<std::ptrdiff_t>(at);
            rest.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(piece, order.size() - at)));
            if (differ.differs(rest)) {
                order = std::move(rest);
                was_any_needless = true;
            } else {
                at += piece;
            }
        }
        if (piece == 1 && !was_any_needless) return order;
        piece = std::max<std::size_t>(piece / 2, 1);
    }
}

} // namespace

OrderRules::OrderRules(const ReplayTraffic& traffic) : traffic_(traffic)
{
    for (std::size_t i = 0; i < traffic.requests.size(); ++i) {
        const ReplayRequest& request = traffic.requests[i];
        if (request.role == ReplayRole::management) continue;
        captured_.push_back(i);
        if (request.role == ReplayRole::question && request.target) behind_[i] = *request.target;
    }
    for (const auto& members : traffic.groups())
        if (!is_free(traffic, members)) pin(members);
}

void OrderRules::pin(const std::vector<std::size_t>& members)
{
    pinned_.push_back(members.front());
    behind_.erase(members.front());
    for (std::size_t i = 1; i < members.size(); ++i) behind_[members[i]] = members[i - 1];
}

SendOrder OrderRules::shuffled(std::uint64_t seed) const
{
    std::vector<bool> is_sent(traffic_.requests.size());
    SendOrder order;
    order.reserve(captured_.size());
    for (const std::size_t place : sim::shuffled(traffic_, captured_, KeepOrder::none, seed)) {
        // What must be before it, and before that, is sent now.
        SendOrder chain{place};
        for (auto next = behind_.find(place);
             next != behind_.end() && !is_sent[next->second] && chain.size() <= captured_.size();
             next = behind_.find(next->second))
            chain.push_back(next->second);
        for (auto next = chain.rbegin(); next != chain.rend(); ++next) {
            if (is_sent[*next]) continue;
            is_sent[*next] = true;
            order.push_back(*next);
        }
    }
    return order;
}

OrderCheckResult check_orders(const OrderRules& rules, const OrderCheckOptions& options, CheckedBooks& books)
{
    OrderCheckResult result;
    result.captured = books.play({rules.captured()}).front();
    Rng seeds(options.seed);
    while (result.played < options.orders) {
        std::vector<std::uint64_t> batch_seeds;
        std::vector<SendOrder> batch;
        for (; batch.size() < std::min(options.batch, options.orders - result.played);) {
            batch_seeds.push_back(seeds.next());
            batch.push_back(rules.shuffled(batch_seeds.back()));
        }
        const auto states = books.play(batch);
        for (std::size_t i = 0; i < states.size(); ++i) {
            ++result.played;
            if (states[i] == result.captured) continue;
            try {
                result.difference = shrink(batch[i], books);
            } catch (const std::exception& error) { // what was found stays found
                result.difference = OrderDifference{0, batch[i], result.captured, states[i], error.what()};
            }
            result.difference->seed = batch_seeds[i];
            return result;
        }
        if (options.on_progress) options.on_progress(result.played);
    }
    return result;
}

OrderDifference shrink(SendOrder order, CheckedBooks& books)
{
    Differ differ(books);
    order = without_the_needless(shortest_prefix(order, differ), differ);
    if (differ.differs(order)) return std::move(differ).found();
    return {0, std::move(order), {}, {}, {}}; // it differed once and does no more: not by the order alone
}

} // namespace sim
