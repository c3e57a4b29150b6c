#include "sim/replay_plan.hpp"

#include "sim/rate_text.hpp"
#include "sim/rng.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>

namespace sim {

namespace {

using std::chrono::microseconds;

constexpr std::uint64_t duplicate_distance_max = 16; ///< messages between the two

std::optional<double> positive(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = error == std::errc{} && end == text.data() + text.size();
    return is_number && value >= 1e-6 && value < 1e9 ? std::optional(value) : std::nullopt; // times fit
}

std::vector<PlannedSend> sends_of(const std::vector<std::size_t>& places)
{
    std::vector<PlannedSend> sends;
    sends.reserve(places.size());
    for (const std::size_t place : places) sends.push_back({place});
    return sends;
}

bool is_reversal(const ReplayTraffic& traffic, std::size_t place)
{
    return traffic.requests[place].role == ReplayRole::reversal;
}

/// Each reversal directly before what it refers to, which may be a reversal, too. One that refers to nothing
/// of the capture stays where it is.
class ReversalsFirst {
public:
    ReversalsFirst(const ReplayTraffic& traffic, const std::vector<std::size_t>& places)
        : places_(places), is_placed_(traffic.requests.size())
    {
        for (const std::size_t place : places)
            if (is_reversal(traffic, place) && traffic.requests[place].target)
                before_[*traffic.requests[place].target].push_back(place);
            else
                heads_.push_back(place);
    }

    [[nodiscard]] std::vector<std::size_t> run()
    {
        for (const std::size_t place : heads_) put(place);
        for (const std::size_t place : places_) put(place); // reversals that name each other
        return std::move(ordered_);
    }

private:
    /// Behind its reversals, and those behind theirs: a chain of them may be as long as the capture.
    void put(std::size_t last)
    {
        enter(last);
        while (!path_.empty()) {
            Step& step = path_.back();
            const std::vector<std::size_t>& reversals = before_[step.place];
            if (step.next < reversals.size()) {
                enter(reversals[step.next++]);
            } else {
                ordered_.push_back(step.place);
                path_.pop_back();
            }
        }
    }
    void enter(std::size_t place)
    {
        if (is_placed_[place]) return;
        is_placed_[place] = true;
        path_.push_back({place, 0});
    }

    struct Step {
        std::size_t place;
        std::size_t next; ///< of its reversals
    };

    const std::vector<std::size_t>& places_;
    std::map<std::size_t, std::vector<std::size_t>> before_; ///< of each place its reversals
    std::vector<std::size_t> heads_;
    std::vector<bool> is_placed_;
    std::vector<Step> path_;
    std::vector<std::size_t> ordered_;
};

std::vector<std::size_t> reversals_last(const ReplayTraffic& traffic, std::vector<std::size_t> places)
{
    std::stable_partition(places.begin(), places.end(),
                          [&](std::size_t place) { return !is_reversal(traffic, place); });
    return places;
}

/// A reversal need not carry its card: then it is that of what it refers to.
std::string card_of(const ReplayTraffic& traffic, std::size_t place)
{
    const ReplayRequest& request = traffic.requests[place];
    if (request.message.has(2) || !request.target) return std::string(request.message.get(2));
    return std::string(traffic.requests[*request.target].message.get(2));
}

/// The places of each group, by its first one.
std::map<std::size_t, std::vector<std::size_t>> groups_of(const ReplayTraffic& traffic,
                                                          const std::vector<std::size_t>& places)
{
    std::map<std::size_t, std::vector<std::size_t>> groups;
    for (const std::size_t place : places) groups[traffic.requests[place].group].push_back(place);
    return groups;
}

/// All permutations of each group, group after group.
class Explorer {
public:
    Explorer(const ReplayTraffic& traffic, std::size_t size_max, ReplayPlan& plan)
        : traffic_(traffic), size_max_(size_max), plan_(plan)
    {
    }

    [[nodiscard]] std::vector<PlannedSend> run(const std::vector<std::size_t>& places)
    {
        for (const auto& [first, members] : groups_of(traffic_, places)) {
            if (members.size() <= size_max_) {
                permute(members);
            } else {
                plan_.too_large.push_back(first);
                add(members, 0);
            }
        }
        return std::move(sends_);
    }

private:
    void permute(std::vector<std::size_t> members)
    {
        std::uint64_t copy = 0;
        do add(members, copy++);
        while (std::next_permutation(members.begin(), members.end()));
    }

    void add(const std::vector<std::size_t>& members, std::uint64_t copy)
    {
        for (const std::size_t place : members) sends_.push_back({place, copy});
    }

    const ReplayTraffic& traffic_;
    std::size_t size_max_;
    ReplayPlan& plan_;
    std::vector<PlannedSend> sends_;
};

/// Management messages, the others, sign-offs.
struct Parts {
    std::vector<std::size_t> first;
    std::vector<std::size_t> others;
    std::vector<std::size_t> last;
};

Parts parts_of(const ReplayTraffic& traffic)
{
    Parts parts;
    for (std::size_t i = 0; i < traffic.requests.size(); ++i) {
        const ReplayRequest& request = traffic.requests[i];
        if (request.role != ReplayRole::management)
            parts.others.push_back(i);
        else
            (request.message.get(70) == "002" ? parts.last : parts.first).push_back(i);
    }
    return parts;
}

void check_exploration(const Exploration& all, std::uint64_t messages_max)
{
    if (all.messages <= messages_max) return;
    throw std::invalid_argument("exploring sends " + grouped(all.messages) + " messages (" +
                                grouped(all.transactions) + " transactions in " + grouped(all.orders) +
                                " orders), more than the " + grouped(messages_max) +
                                " of --max-messages: lower --explore-max, or raise that");
}

/// All but management messages.
std::vector<PlannedSend> ordered_sends(const ReplayTraffic& traffic, const std::vector<std::size_t>& places,
                                       const PlanOptions& options, ReplayPlan& plan)
{
    switch (options.order) {
    case ReplayOrder::captured:
        break;
    case ReplayOrder::shuffle:
        return sends_of(shuffled(traffic, places, options.keep, options.seed));
    case ReplayOrder::reversal_first:
        return sends_of(ReversalsFirst(traffic, places).run());
    case ReplayOrder::reversal_last:
        return sends_of(reversals_last(traffic, places));
    case ReplayOrder::explore:
        check_exploration(exploration_of(traffic, options.explore_max), options.messages_max);
        return Explorer(traffic, options.explore_max, plan).run(places);
    }
    return sends_of(places);
}

void put_in_order(const ReplayTraffic& traffic, const PlanOptions& options, ReplayPlan& plan)
{
    if (options.order == ReplayOrder::captured) {
        std::vector<std::size_t> all(traffic.requests.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        plan.sends = sends_of(all);
        return;
    }
    const Parts parts = parts_of(traffic);
    for (const auto& part :
         {sends_of(parts.first), ordered_sends(traffic, parts.others, options, plan), sends_of(parts.last)})
        plan.sends.insert(plan.sends.end(), part.begin(), part.end());
}

/// A number from 0 to below 1 is drawn for each message, whatever the probability: a higher one adds to what
/// a lower one took.
bool happens(Rng& rng, double probability)
{
    constexpr double two_to_53 = 9007199254740992.0;
    return static_cast<double>(rng.next() >> 11U) / two_to_53 < probability;
}

void drop_some(const PlanOptions& options, ReplayPlan& plan)
{
    if (options.drop <= 0) return;
    Rng rng(options.seed ^ 0xD201U);
    std::erase_if(plan.sends, [&](const PlannedSend& send) {
        if (!happens(rng, options.drop)) return false;
        plan.dropped.push_back(send.place);
        return true;
    });
}

void duplicate_some(const PlanOptions& options, ReplayPlan& plan)
{
    if (options.duplicate <= 0) return;
    Rng rng(options.seed ^ 0xD0B1U);
    std::vector<std::pair<std::uint64_t, PlannedSend>> placed; ///< even slots; a duplicate goes between two
    for (std::size_t i = 0; i < plan.sends.size(); ++i) {
        placed.emplace_back(2 * i, plan.sends[i]);
        const std::uint64_t distance = 1 + rng.below(duplicate_distance_max);
        if (!happens(rng, options.duplicate)) continue;
        PlannedSend again = plan.sends[i];
        again.why = PlannedSend::Why::duplicate;
        placed.emplace_back(2 * (i + distance) - 1, again);
    }
    std::stable_sort(placed.begin(), placed.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    plan.sends.clear();
    for (const auto& [slot, send] : placed) plan.sends.push_back(send);
}

/// Of a send, behind the first one.
/// throws   std::invalid_argument when nobody would see the end of it; nor could a clock
microseconds time_behind_start(double us)
{
    constexpr microseconds longest = std::chrono::years{1};
    if (us > static_cast<double>(longest.count()))
        throw std::invalid_argument("--timing: the replay would take longer than a year");
    return microseconds(static_cast<std::int64_t>(us));
}

/// The rhythm of the capture, whichever message is sent at a beat. A duplicate follows at once.
void give_captured_times(const ReplayTraffic& traffic, const PlanOptions& options, ReplayPlan& plan)
{
    std::vector<WallTime> beats;
    for (const PlannedSend& send : plan.sends)
        if (send.why == PlannedSend::Why::captured) beats.push_back(traffic.requests[send.place].at);
    std::sort(beats.begin(), beats.end());
    microseconds captured{0}; // divided as a sum: gaps of few microseconds lose too much one by one
    std::size_t next = 0;
    for (PlannedSend& send : plan.sends) {
        if (send.why == PlannedSend::Why::captured) {
            if (next > 0) captured += std::min(beats[next] - beats[next - 1], options.max_gap);
            ++next;
        }
        send.at = time_behind_start(static_cast<double>(captured.count()) / options.timing.factor);
    }
}

void give_times(const ReplayTraffic& traffic, const PlanOptions& options, ReplayPlan& plan)
{
    switch (options.timing.kind) {
    case ReplayTiming::Kind::max:
        return;
    case ReplayTiming::Kind::scaled:
        return give_captured_times(traffic, options, plan);
    case ReplayTiming::Kind::rate:
        for (std::size_t i = 0; i < plan.sends.size(); ++i)
            plan.sends[i].at = time_behind_start(1e6 * static_cast<double>(i) / options.timing.factor);
    }
}

} // namespace

ReplayTiming ReplayTiming::parse(std::string_view text)
{
    if (text == "original") return {Kind::scaled, 1};
    if (text == "max") return {Kind::max, 1};
    if (text.starts_with('x'))
        if (const auto factor = positive(text.substr(1))) return {Kind::scaled, *factor};
    if (text.ends_with("/s"))
        if (const auto rate = positive(text.substr(0, text.size() - 2))) return {Kind::rate, *rate};
    throw std::invalid_argument("\"" + std::string(text) +
                                "\" is no timing: original, x4, x0.5, 2000/s and max are");
}

microseconds ReplayPlan::duration() const
{
    return sends.empty() ? microseconds{0} : sends.back().at;
}

std::vector<std::size_t> shuffled(const ReplayTraffic& traffic, std::vector<std::size_t> places,
                                  KeepOrder keep, std::uint64_t seed)
{
    Rng rng(seed);
    std::vector<std::size_t> mixed = places;
    for (std::size_t left = mixed.size(); left > 1; --left)
        std::swap(mixed[left - 1], mixed[rng.below(left)]);
    if (keep == KeepOrder::none) return mixed;
    const auto owner_of = [&](std::size_t place) {
        return keep == KeepOrder::connection ? std::to_string(traffic.requests[place].connection)
                                             : card_of(traffic, place);
    };
    // Whose turn it is was mixed; each gives what is next of its own.
    std::map<std::string, std::vector<std::size_t>> own;
    for (auto place = places.rbegin(); place != places.rend(); ++place)
        own[owner_of(*place)].push_back(*place);
    for (std::size_t& place : mixed) {
        auto& left = own[owner_of(place)];
        place = left.back();
        left.pop_back();
    }
    return mixed;
}

Exploration exploration_of(const ReplayTraffic& traffic, std::size_t explore_max)
{
    Exploration all;
    for (const auto& [first, members] : groups_of(traffic, parts_of(traffic).others)) {
        std::uint64_t orders = 1;
        if (members.size() <= explore_max)
            for (std::uint64_t k = 2; k <= members.size(); ++k) orders *= k;
        all.messages += orders * members.size();
        if (orders == 1) continue;
        ++all.transactions;
        all.orders += orders;
    }
    return all;
}

ReplayPlan plan_replay(const ReplayTraffic& traffic, const PlanOptions& options)
{
    ReplayPlan plan;
    put_in_order(traffic, options, plan);
    drop_some(options, plan);
    duplicate_some(options, plan);
    give_times(traffic, options, plan);
    return plan;
}

} // namespace sim
